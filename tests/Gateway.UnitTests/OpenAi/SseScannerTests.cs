using System.Text;
using Gateway.OpenAi;
using Xunit;

namespace Gateway.UnitTests.OpenAi;

public sealed class SseScannerTests
{
    [Theory]
    [InlineData("data: a\n\n", "a")]
    [InlineData("data:a\r\n\r\n", "a")]
    [InlineData("data:  a\r\r", " a")]
    [InlineData("data: a\ndata:b\ndata\ndata: c\n\n", "a\nb\n\nc")]
    [InlineData("\uFEFFdata: a\n\n", "a")]
    [InlineData("data: a\n\ndata: b\n\n", "a|b")]
    [InlineData(": note\nid: 7\nretry: 1\nevent: x\ndata: a\n: more\nDATA: b\n data: c\ndatax: d\n\n", "a")]
    [InlineData("\n\n: ping\n\n\r\n", "|||")]
    [InlineData("data: a:b: c\n\n", "a:b: c")]
    [InlineData("data: żó🦊\r\n\r\ndata: \r\n\r\n", "żó🦊|")]
    [InlineData("data: never ended\n", null)]
    public void Events_are_split_as_the_standard_says_however_they_are_cut(string stream, string? events)
    {
        var bytes = Encoding.UTF8.GetBytes(stream);
        for (var first = 0; first <= bytes.Length; first++)
        {
            for (var second = first; second <= bytes.Length; second++)
            {
                var found = Scan(bytes[..first], bytes[first..second], bytes[second..]);
                Assert.Equal(events, found.Count == 0 ? null : string.Join('|', found));
            }
        }
    }

    [Fact]
    public void An_event_named_error_is_known_as_such()
    {
        using var scanner = new SseScanner();
        var chunk = "event: errors\ndata: a\n\nevent:error\ndata: b\n\ndata: c\n\n"u8;
        var errors = new List<bool>();
        var position = 0;
        while (scanner.Read(chunk, ref position, out var piece))
        {
            if (piece is SsePiece.EventEnd)
            {
                errors.Add(scanner.IsErrorEvent);
            }
        }

        Assert.Equal([false, true, false], errors);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void An_event_is_remembered_up_to_its_limit_and_given_up_beyond_it(int lines)
    {
        foreach (var excess in new[] { 0, 1 })
        {
            var line = "data: " + new string('x', (SseScanner.MaxEventBytes / lines) - (lines - 1) + excess) + "\n";
            var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(line, lines)) + "\ndata: next\n\n");

            var whole = Scan(out var givenUp, bytes);
            var cut = Scan(out var givenUpCut, bytes[..100], bytes[100..]);

            Assert.Equal(excess, givenUp);
            Assert.Equal(excess, givenUpCut);
            Assert.Equal(whole, cut);
            Assert.Equal(excess == 1, whole[0].Length == 0);
            Assert.Equal("next", whole[1]);
        }
    }

    private static List<string> Scan(params byte[][] chunks) => Scan(out _, chunks);

    private static List<string> Scan(out int givenUp, params byte[][] chunks)
    {
        using var scanner = new SseScanner();
        var events = new List<string>();
        foreach (var chunk in chunks)
        {
            var position = 0;
            var last = 0;
            while (scanner.Read(chunk, ref position, out var piece))
            {
                Assert.True(position > last);
                last = position;
                if (piece is SsePiece.EventEnd)
                {
                    events.Add(Encoding.UTF8.GetString(scanner.Data(chunk)));
                }
            }

            scanner.EndChunk(chunk);
        }

        givenUp = scanner.EventsGivenUp;
        return events;
    }
}
