using System.Text.Json;

namespace Gateway.UnitTests.OpenAi;

/// <summary>
/// The same rules as the product's, written as plainly as possible over the whole stream at once: what must come out when the usage-only chunk is left out,
/// and where the events end.
/// </summary>
internal static class ReferenceFilter
{
    public static byte[] LeaveOut(ReadOnlySpan<byte> stream)
    {
        var output = new List<byte>();
        var at = 0;
        if (stream.StartsWith<byte>([0xEF, 0xBB, 0xBF]))
        {
            output.AddRange(stream[..3]);
            at = 3;
        }

        var lines = new List<byte[]>();
        while (at < stream.Length)
        {
            var length = LineLength(stream[at..], out var contentLength);
            lines.Add(stream.Slice(at, length).ToArray());
            at += length;
            if (contentLength == 0)
            {
                End(lines, output);
            }
        }

        End(lines, output);
        return [.. output];
    }

    /// <summary>The places behind each empty line; for one that ends in CRLF both behind the CR and behind the LF.</summary>
    public static List<int> EventEnds(ReadOnlySpan<byte> stream)
    {
        var ends = new List<int>();
        var at = stream.StartsWith<byte>([0xEF, 0xBB, 0xBF]) ? 3 : 0;
        while (at < stream.Length)
        {
            var length = LineLength(stream[at..], out var contentLength);
            at += length;
            if (contentLength == 0)
            {
                ends.AddRange(length == 2 ? [at - 1, at] : [at]);
            }
        }

        return ends;
    }

    private static int LineLength(ReadOnlySpan<byte> rest, out int contentLength)
    {
        contentLength = rest.IndexOfAny((byte)'\r', (byte)'\n');
        if (contentLength < 0)
        {
            contentLength = rest.Length;
            return rest.Length;
        }

        return contentLength + (rest[contentLength..].StartsWith("\r\n"u8) ? 2 : 1);
    }

    private static void End(List<byte[]> lines, List<byte> output)
    {
        var isUsageOnly = IsUsageOnly(lines);
        foreach (var line in lines)
        {
            if (!isUsageOnly || line[0] == ':')
            {
                output.AddRange(line);
            }
        }

        lines.Clear();
    }

    private static bool IsUsageOnly(List<byte[]> lines)
    {
        var data = new List<byte>();
        var isError = false;
        foreach (var line in lines)
        {
            var content = line.AsSpan().TrimEnd("\r\n"u8);
            if (content.StartsWith("data:"u8))
            {
                data.AddRange(Value(content[5..]));
                data.Add((byte)'\n');
            }
            else if (content.StartsWith("event:"u8))
            {
                isError = Value(content[6..]).SequenceEqual("error"u8);
            }
        }

        if (isError || data.Count == 0)
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(data.ToArray(), new JsonDocumentOptions { MaxDepth = 256 });
            return document.RootElement.ValueKind is JsonValueKind.Object && IsUsageOnly([.. document.RootElement.EnumerateObject()]);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Where a name comes twice, clients differ in which they take: both must fit.</summary>
    private static bool IsUsageOnly(List<JsonProperty> members)
    {
        var choices = members.Where(member => Is(member, "choices")).Select(member => member.Value).ToList();
        var usages = members.Where(member => Is(member, "usage")).Select(member => member.Value).ToList();
        var errors = members.Where(member => Is(member, "error")).Select(member => member.Value);
        return choices.Count > 0 && choices.All(value => value.ValueKind is JsonValueKind.Array && value.GetArrayLength() == 0)
            && usages.Count > 0 && usages.All(value => value.ValueKind is JsonValueKind.Object)
            && errors.All(value => value.ValueKind is JsonValueKind.Null);
    }

    private static bool Is(JsonProperty member, string name)
    {
        try
        {
            return member.Name == name;
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate, which the framework's document refuses to decode.
            return false;
        }
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> text) => text.StartsWith(" "u8) ? text[1..] : text;
}
