using System.Text;

namespace Gateway.OpenAi;

/// <summary>
/// The headers of one part of a form. Read strictly: whatever two parsers may understand in two ways is refused, since a part that means one thing here and
/// another upstream is a way past limits.
/// </summary>
/// <param name="Name">The field's name.</param>
/// <param name="FileName">The name of its file, as the caller wrote it; null where it is a plain field.</param>
internal sealed record PartHead(string Name, string? FileName)
{
    public bool IsFile => FileName is not null;

    private const string Disposition = "content-disposition";

    /// <param name="block">The header lines, without the empty line that ends them.</param>
    public static Outcome<PartHead> Read(ReadOnlySpan<byte> block)
    {
        string? disposition = null;
        foreach (var line in Encoding.Latin1.GetString(block).Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || char.IsWhiteSpace(line[0]) || line.AsSpan().ContainsAny('\r', '\n', '\0'))
            {
                return Invalid("A part's header is not valid.");
            }

            var value = line[(colon + 1)..].Trim();
            switch (line[..colon].ToLowerInvariant())
            {
                case Disposition when disposition is not null:
                    return Invalid("A part has more than one Content-Disposition.");
                case Disposition:
                    disposition = value;
                    break;
                case "content-transfer-encoding" when value.ToLowerInvariant() is not ("7bit" or "8bit" or "binary"):
                    return Invalid("Parts must be sent as they are, without a Content-Transfer-Encoding.");
            }
        }

        return disposition is null ? Invalid("A part has no Content-Disposition.") : ReadDisposition(disposition);
    }

    private static Outcome<PartHead> ReadDisposition(string value)
    {
        var parameters = Split(value);
        if (parameters is null || !parameters[0].Equals("form-data", StringComparison.OrdinalIgnoreCase))
        {
            return Invalid("A part's Content-Disposition must be form-data.");
        }

        string? name = null;
        string? file = null;
        foreach (var parameter in parameters.Skip(1))
        {
            var equals = parameter.IndexOf('=', StringComparison.Ordinal);
            var key = (equals < 0 ? parameter : parameter[..equals]).Trim().ToLowerInvariant();
            switch (key)
            {
                case "name" when name is not null || equals < 0:
                    return Invalid("A part has more than one name.");
                case "name":
                    name = Unquote(parameter[(equals + 1)..].Trim());
                    break;
                case "name*":
                    return Invalid("A part's name must be written plainly.");
                case "filename" or "filename*":
                    file ??= Unquote(parameter[(equals + 1)..].Trim());
                    break;
            }
        }

        // Some parsers take a backslash for an escape, some for itself.
        return string.IsNullOrEmpty(name) || name.AsSpan().ContainsAny('\\', '"') ? Invalid("A part has no name, or one that is not written plainly.") : new PartHead(name, file);
    }

    /// <summary>At semicolons outside quotes; null where a quote is not closed.</summary>
    private static List<string>? Split(string value)
    {
        var parts = new List<string>();
        var start = 0;
        var isQuoted = false;
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '\\' && isQuoted)
            {
                i++;
            }
            else if (value[i] == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (value[i] == ';' && !isQuoted)
            {
                parts.Add(value[start..i].Trim());
                start = i + 1;
            }
        }

        parts.Add(value[start..].Trim());
        return isQuoted ? null : parts;
    }

    private static string Unquote(string text) => text.Length >= 2 && text[0] == '"' && text[^1] == '"' ? text[1..^1] : text;

    private static GatewayError Invalid(string message) => GatewayError.InvalidRequest(message);
}
