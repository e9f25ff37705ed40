using System.Buffers.Text;
using System.Globalization;
using System.Text.Unicode;

namespace Gateway.OpenAi;

/// <summary>
/// What has to hold of a body's bytes before it is read as JSON, because <see cref="System.Text.Json.Utf8JsonReader"/>
/// looks away: it checks neither the UTF-8 inside strings nor that escaped surrogates come in pairs, and throws
/// something else than a <see cref="System.Text.Json.JsonException"/> when such a string is read.
/// </summary>
internal static class JsonBytes
{
    private const int EscapeLength = 6;

    public static GatewayError? FindFault(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
        {
            return GatewayError.InvalidJson("The body is empty; a JSON object is expected.");
        }

        if (body.StartsWith("\uFEFF"u8))
        {
            return GatewayError.InvalidJson("The body begins with a byte order mark; send the JSON without it.");
        }

        if (!Utf8.IsValid(body))
        {
            return GatewayError.InvalidJson("The body is not valid UTF-8.");
        }

        var lone = FindLoneSurrogate(body);
        return lone < 0
            ? null
            : GatewayError.InvalidJson(string.Create(CultureInfo.InvariantCulture, $"The body is not valid JSON: the escape at byte {lone} is half of a surrogate pair."));
    }

    /// <summary>The place of the first escaped surrogate without its other half, or -1. Looks at the whole body at once: a backslash is legal only inside strings, and no pair can span two of them.</summary>
    private static int FindLoneSurrogate(ReadOnlySpan<byte> body)
    {
        var at = 0;
        while (true)
        {
            var found = body[at..].IndexOf("\\u"u8);
            if (found < 0)
            {
                return -1;
            }

            at += found;
            if (!IsEscape(body, at))
            {
                at += 2;
            }
            else if (ReadUnit(body, at) is not ({ } unit and >= 0xD800 and <= 0xDFFF))
            {
                at += 2;
            }
            else if (unit <= 0xDBFF && ReadUnit(body, at + EscapeLength) is >= 0xDC00 and <= 0xDFFF)
            {
                at += 2 * EscapeLength;
            }
            else
            {
                return at;
            }
        }
    }

    /// <summary>A backslash behind an odd number of others is itself escaped. Runs of backslashes don't overlap, so this stays linear.</summary>
    private static bool IsEscape(ReadOnlySpan<byte> body, int backslash)
    {
        var first = backslash;
        while (first > 0 && body[first - 1] == (byte)'\\')
        {
            first--;
        }

        return (backslash - first) % 2 == 0;
    }

    private static ushort? ReadUnit(ReadOnlySpan<byte> body, int at) =>
        at + EscapeLength <= body.Length
        && body[at] == (byte)'\\'
        && body[at + 1] == (byte)'u'
        && Utf8Parser.TryParse(body.Slice(at + 2, 4), out ushort unit, out var taken, 'x')
        && taken == 4
            ? unit
            : null;
}
