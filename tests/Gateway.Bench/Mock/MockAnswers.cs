using System.Globalization;
using System.Text;

namespace Gateway.Bench.Mock;

/// <summary>What the mock sends, as bytes made once.</summary>
internal static class MockAnswers
{
    private const int PlainBodyBytes = 576;

    private const string Usage = """
        {"prompt_tokens":23,"completion_tokens":64,"total_tokens":87,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}
        """;

    private const string UsageEvent = $$"""
        data: {"id":"chatcmpl-usage","object":"chat.completion.chunk","created":1731000000,"model":"gpt-4o-2024-11-20","choices":[],"usage":{{Usage}}}


        """;

    private const string DoneEvent = "data: [DONE]\n\n";

    public static ReadOnlyMemory<byte> Plain { get; } = CreatePlain();

    public static ReadOnlyMemory<byte> StreamHead { get; } = Encoding.ASCII.GetBytes(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n");

    public static ReadOnlyMemory<byte> StreamEnd { get; } = Encoding.ASCII.GetBytes(Chunk(DoneEvent) + "0\r\n\r\n");

    public static ReadOnlyMemory<byte> StreamEndWithUsage { get; } = Encoding.ASCII.GetBytes(Chunk(UsageEvent) + Chunk(DoneEvent) + "0\r\n\r\n");

    public static ReadOnlyMemory<byte> NotFound { get; } = Encoding.ASCII.GetBytes("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");

    private static byte[] CreatePlain()
    {
        const string Start = """
            {"id":"chatcmpl-AbCdEf0123456789","object":"chat.completion","created":1731000000,"model":"gpt-4o-2024-11-20","choices":[{"index":0,"message":{"role":"assistant","content":"
            """;
        const string End = $$"""
            "},"logprobs":null,"finish_reason":"stop"}],"usage":{{Usage}},"system_fingerprint":"fp_0ba0d124f1"}
            """;
        var content = string.Concat(Enumerable.Repeat("the answer ", PlainBodyBytes))[..(PlainBodyBytes - Start.Length - End.Length)];
        return Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {PlainBodyBytes}\r\n\r\n{Start}{content}{End}");
    }

    private static string Chunk(string text) => text.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n" + text + "\r\n";
}
