using System.Text;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>Calls as a developer makes them, with the answer's headers read and its body still flowing.</summary>
internal static class Caller
{
    public const string Chat = """{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}]}""";

    public const string ChatStream = """{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"Hello"}]}""";

    public const string ChatStreamWithUsage = """{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hello"}]}""";

    public static async Task<HttpResponseMessage> CallAsync(this HttpClient client, string body, string path = "/v1/chat/completions", CancellationToken cancel = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
    }

    public static string RequestId(this HttpResponseMessage response) => response.Headers.GetValues("x-request-id").Single();
}
