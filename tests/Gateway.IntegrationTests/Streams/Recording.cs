using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gateway.IntegrationTests.Streams;

/// <summary>A recorded event stream, and what of it reaches a caller who did not ask for usage.</summary>
internal sealed partial record Recording(string Name, byte[] Bytes, byte[] LeftOut, long[]? Usage)
{
    public static IReadOnlyList<Recording> All { get; } =
        [.. Directory.GetFiles(Folder, "*.expected.json").Order(StringComparer.Ordinal).Select(path => Load(Path.GetFileName(path).Replace(".expected.json", "", StringComparison.Ordinal)))];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Corpus");

    /// <summary>Whether the stream's end is that of an event and its start any event's, so that several in a row are a stream too.</summary>
    public bool CanRepeat => Bytes[0] != 0xEF && EventEnds(Bytes).LastOrDefault() == Bytes.Length;

    public byte[] Received(bool usageAsked) => usageAsked ? Bytes : LeftOut;

    /// <summary>How much the caller must at least have once this much was sent: for those who asked all of it, for the rest whole events.</summary>
    public Func<int, int> Visible(bool usageAsked)
    {
        if (usageAsked)
        {
            return sent => sent;
        }

        var events = VisibleEvents();
        return sent => events.LastOrDefault(item => item.Sent <= sent).Received;
    }

    /// <summary>After each event: how much was sent, and how much of that must have been received.</summary>
    private List<(int Sent, int Received)> VisibleEvents()
    {
        var result = new List<(int, int)> { (0, 0) };
        var (start, received) = (0, 0);
        foreach (var end in EventEnds(Bytes))
        {
            // An event that is not found is the one left out; comments kept of it are made up for by the next one found.
            var at = LeftOut.AsSpan(received).IndexOf(Bytes.AsSpan(start, end - start));
            received = at < 0 ? received : received + at + end - start;
            result.Add((end, received));
            start = end;
        }

        return result;
    }

    private static IEnumerable<int> EventEnds(byte[] bytes) => BlankLine().Matches(System.Text.Encoding.Latin1.GetString(bytes)).Select(match => match.Index + match.Length);

    private static Recording Load(string name)
    {
        var bytes = File.ReadAllBytes(Path.Combine(Folder, name + ".sse"));
        var leftOut = Path.Combine(Folder, name + ".left-out.sse");
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, name + ".expected.json")));
        return new Recording(
            name,
            bytes,
            File.Exists(leftOut) ? File.ReadAllBytes(leftOut) : bytes,
            expected.RootElement.GetProperty("usage").Deserialize<long[]?>());
    }

    [GeneratedRegex(@"(?:\r\n|\n|\r(?!\n)){2}", RegexOptions.CultureInvariant)]
    private static partial Regex BlankLine();
}
