using Gateway.IntegrationTests.Infrastructure;

namespace Gateway.IntegrationTests.Calls;

/// <summary>A caller's POST as literal bytes.</summary>
internal static class CallersRequest
{
    public static string Head(string? key, params string[] headers) =>
        $"POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\n{(key is null ? "" : $"Authorization: Bearer {key}\r\n")}{string.Concat(headers.Select(header => header + "\r\n"))}\r\n";

    public static string Whole(string key, string body = Caller.Chat) => Head(key, "Content-Type: application/json", $"Content-Length: {body.Length}") + body;
}
