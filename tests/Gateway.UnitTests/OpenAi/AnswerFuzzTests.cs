using System.Text;
using Gateway.OpenAi;
using Xunit;

namespace Gateway.UnitTests.OpenAi;

public sealed class AnswerFuzzTests
{
    private const int Mutations = 4000;

    private static readonly byte[][] Snippets =
    [
        "\r"u8.ToArray(), "\n"u8.ToArray(), "\r\n"u8.ToArray(), "\n\n"u8.ToArray(), "data:"u8.ToArray(), ": ping\n\n"u8.ToArray(), "{"u8.ToArray(), "}"u8.ToArray(),
        "["u8.ToArray(), "]"u8.ToArray(), "\""u8.ToArray(), "\\"u8.ToArray(), "\\ud800"u8.ToArray(), "null"u8.ToArray(), "\"usage\":{}"u8.ToArray(), "\"choices\":[],"u8.ToArray(),
        "event: error\n"u8.ToArray(), [0xEF, 0xBB, 0xBF], [0xFF], [0], "data: [DONE]\n\n"u8.ToArray(), "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n"u8.ToArray(),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Mutated_streams_pass_unharmed_and_are_read_the_same_however_they_are_cut(int seed)
    {
        var random = new Random(seed);
        var files = CorpusFile.All().ToList();
        for (var i = 0; i < Mutations; i++)
        {
            var bytes = Mutate(files[random.Next(files.Count)].Bytes, random);
            var context = $"seed {seed}, mutation {i}";

            var asked = Run(bytes, random, leaveOut: false);
            Assert.True(bytes.AsSpan().SequenceEqual(asked.Output), context);

            var left = Run(bytes, random, leaveOut: true);
            Assert.True(ReferenceFilter.LeaveOut(bytes).AsSpan().SequenceEqual(left.Output), $"{context}: {Encoding.UTF8.GetString(left.Output)}");
            Assert.True(asked.Usage == left.Usage && asked.Text == left.Text, context);
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Mutated_bodies_give_the_same_usage_and_text_however_they_are_cut(int seed)
    {
        var random = new Random(seed);
        var body = Encoding.UTF8.GetBytes(
            """
            {"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":"Za\u017c ó \ud83d\ude00 \"x\"","tool_calls":[{"index":1,"function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}],
             "nested":{"usage":{"prompt_tokens":99}},"x_groq":{"id":"r","usage":{"prompt_tokens":5,"completion_tokens":6}}}
            """);
        for (var i = 0; i < Mutations; i++)
        {
            var bytes = Mutate(body, random);
            var one = Run(bytes, new Random(i), leaveOut: false, AnswerForm.Json);
            var other = Run(bytes, new Random(-i), leaveOut: false, AnswerForm.Json);
            Assert.True(bytes.AsSpan().SequenceEqual(one.Output));
            Assert.True(one.Usage == other.Usage && one.Text == other.Text, $"seed {seed}, mutation {i}: {Encoding.UTF8.GetString(bytes)}");
        }
    }

    private static (byte[] Output, TokenUsage? Usage, string Text) Run(byte[] bytes, Random random, bool leaveOut, AnswerForm form = AnswerForm.EventStream)
    {
        var text = new Replay.TextCollector();
        using var reader = new AnswerReader(ApiEndpoint.ChatCompletions, form, leaveOut, new UsagePaths(["x_groq.usage"]), text.Add);
        var output = new MemoryStream();
        var longest = 1 << random.Next(12);
        for (var at = 0; at < bytes.Length;)
        {
            var length = Math.Min(bytes.Length - at, random.Next(1, longest + 1));
            CorpusTests.PassOn(reader, bytes.AsSpan(at, length), output);
            at += length;
        }

        reader.Complete();
        CorpusTests.TakeWaiting(reader, output);
        return (output.ToArray(), reader.Usage, string.Join('|', text.ByPlace.OrderBy(pair => pair.Key, StringComparer.Ordinal)));
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        var bytes = original.ToList();
        for (var left = random.Next(1, 6); left > 0; left--)
        {
            var at = random.Next(bytes.Count + 1);
            var length = Math.Min(random.Next(1, 40), bytes.Count - at);
            switch (random.Next(5))
            {
                case 0:
                    bytes.InsertRange(at, Snippets[random.Next(Snippets.Length)]);
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                default:
                    bytes.RemoveRange(at, random.Next(4) == 0 ? bytes.Count - at : 0);
                    break;
            }
        }

        return [.. bytes];
    }
}
