using System.Text;
using Gateway.OpenAi;
using Gateway.Proxy;
using Gateway.UnitTests.Proxy;

namespace Gateway.UnitTests.OpenAi;

/// <summary>What came out of one answer that was led through the tap.</summary>
internal sealed record Replay(byte[] Output, TokenUsage? Usage, Dictionary<string, string> Text, AnswerReader Reader, UsageTap Tap)
{
    public static async Task<Replay> RunAsync(
        IEnumerable<ReadOnlyMemory<byte>> pieces, int bufferSize, bool leaveOut, AnswerForm form = AnswerForm.EventStream, bool yields = false, bool zeroByteReads = true, UsagePaths? paths = null)
    {
        var text = new TextCollector();
        var reader = new AnswerReader(ApiEndpoint.ChatCompletions, form, leaveOut, paths ?? UsagePaths.Default, text.Add);
        var output = new MemoryStream();
        var tap = new UsageTap(new ScriptedStream(pieces, yields: yields), reader, TimeProvider.System, deadline: null);
        var buffer = new byte[bufferSize];
        await using (tap)
        {
            while (true)
            {
                if (zeroByteReads)
                {
                    _ = await tap.ReadAsync(Memory<byte>.Empty, CancellationToken.None);
                }

                var count = await tap.ReadAsync(buffer, CancellationToken.None);
                if (count == 0)
                {
                    break;
                }

                output.Write(buffer.AsSpan(0, count));
            }
        }

        return new Replay(output.ToArray(), reader.Usage, text.ByPlace, reader, tap);
    }

    public static IEnumerable<ReadOnlyMemory<byte>> Whole(byte[] bytes) => [bytes];

    public static IEnumerable<ReadOnlyMemory<byte>> ByteByByte(byte[] bytes) => Enumerable.Range(0, bytes.Length).Select(i => new ReadOnlyMemory<byte>(bytes, i, 1));

    public static IEnumerable<ReadOnlyMemory<byte>> SplitAt(byte[] bytes, int offset) => [bytes.AsMemory(0, offset), bytes.AsMemory(offset)];

    internal sealed class TextCollector
    {
        private readonly Dictionary<string, List<byte>> _bytes = [];

        public Dictionary<string, string> ByPlace => _bytes.ToDictionary(pair => pair.Key, pair => Encoding.UTF8.GetString([.. pair.Value]));

        public void Add(int choice, int channel, ReadOnlySpan<byte> utf8)
        {
            var place = $"{choice}/{channel}";
            if (!_bytes.TryGetValue(place, out var bytes))
            {
                _bytes[place] = bytes = [];
            }

            bytes.AddRange(utf8);
        }
    }
}
