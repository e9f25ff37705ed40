using System.Text;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>Events as an OpenAI-compatible upstream writes them.</summary>
internal static class Sse
{
    public const string Usage = """data: {"id":"c1","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}""" + "\n\n";

    public const string Done = "data: [DONE]\n\n";

    public static string Delta(string text) =>
        $$"""data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"{{text}}"},"finish_reason":null}],"usage":null}""" + "\n\n";

    public static byte[] Bytes(params string[] events) => Encoding.UTF8.GetBytes(string.Concat(events));
}
