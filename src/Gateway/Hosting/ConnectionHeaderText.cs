using System.Text;

namespace Gateway.Hosting;

/// <summary>
/// Decodes the <c>Connection</c> header of requests so that Kestrel keeps all of it. Of <c>keep-alive, X-Mine</c> it would keep
/// <c>keep-alive</c> alone (it swaps the value for a shared string when it finds exactly one option that it knows), and
/// <c>X-Mine</c>, which the caller meant for this connection only, would go on to the provider.
/// </summary>
/// <remarks>Where the names stand on a line of their own beside a line with only <c>keep-alive</c>, they are still lost: a line is decoded without sight of the others.</remarks>
internal sealed class ConnectionHeaderText : Encoding
{
    private const string Close = "close";
    private const string KeepAlive = "keep-alive";
    private const string Upgrade = "upgrade";

    private static readonly ConnectionHeaderText Instance = new();

    /// <summary>For <c>KestrelServerOptions.RequestHeaderEncodingSelector</c>: all other headers are decoded as ever.</summary>
    public static Encoding? For(string header) => header.Equals("Connection", StringComparison.OrdinalIgnoreCase) ? Instance : null;

    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetCharCount(byte[] bytes, int index, int count) => Decode(bytes.AsSpan(index, count)).Length;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        var text = Decode(bytes.AsSpan(byteIndex, byteCount));
        text.CopyTo(chars.AsSpan(charIndex));
        return text.Length;
    }

    public override int GetMaxByteCount(int charCount) => charCount;

    public override int GetMaxCharCount(int byteCount) => byteCount + KeepAlive.Length + 2;

    private static string Decode(ReadOnlySpan<byte> value)
    {
        var text = Latin1.GetString(value);
        var options = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (options.All(option => Is(option, KeepAlive) || Is(option, Close) || Is(option, Upgrade)))
        {
            return text;
        }

        // With two known options, or none, Kestrel leaves the value alone. Close wins over keep-alive, and HTTP/1.1 keeps alive unasked.
        return options.Any(option => Is(option, Close) || Is(option, Upgrade))
            ? $"{KeepAlive}, {text}"
            : string.Join(", ", options.Where(option => !Is(option, KeepAlive)));
    }

    private static bool Is(string option, string known) => option.Equals(known, StringComparison.OrdinalIgnoreCase);
}
