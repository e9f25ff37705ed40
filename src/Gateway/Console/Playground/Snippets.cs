using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Console.Playground;

/// <summary>Calls to paste elsewhere.</summary>
internal static class Snippets
{
    private const string KeyVariable = "GATEWAY_API_KEY";

    /// <summary>Text as people write it: only what JSON itself needs is escaped.</summary>
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string FirstCall(string origin, string secret, string model) =>
        $"""
        curl {origin}/v1/chat/completions \
          -H "Authorization: Bearer {secret}" \
          -H "Content-Type: application/json" \
          -d {Shell($"{{\"model\":{Json(model)},\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]}}")}
        """;

    /// <param name="origin">Where the gateway is.</param>
    /// <param name="body">The request's body, as it would be sent.</param>
    public static string Curl(string origin, string body) =>
        $"""
        curl -N {origin}/v1/chat/completions \
          -H "Authorization: Bearer ${KeyVariable}" \
          -H "Content-Type: application/json" \
          -d {Shell(body)}
        """;

    public static string Python(string origin, string body) =>
        $"""
        import json
        import os
        from openai import OpenAI

        client = OpenAI(base_url="{origin}/v1", api_key=os.environ["{KeyVariable}"])
        body = json.loads({Json(body)})
        answer = client.chat.completions.create(**body)
        if body.get("stream"):
            for chunk in answer:
                if chunk.choices:
                    print(chunk.choices[0].delta.content or "", end="", flush=True)
        else:
            print(answer.choices[0].message.content)
        """;

    public static string CSharp(string origin, string body) =>
        $$"""
        using System.Net.Http.Headers;

        using var client = new HttpClient { BaseAddress = new Uri("{{origin}}") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Environment.GetEnvironmentVariable("{{KeyVariable}}"));
        using var body = new StringContent({{Json(body)}}, System.Text.Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = body };
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        while (await lines.ReadLineAsync() is { } line)
        {
            Console.WriteLine(line);
        }
        """;

    /// <summary>A POSIX shell's string: nothing in single quotes means anything but the quote itself.</summary>
    public static string Shell(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>A JSON string is a string in Python and, for what JSON escapes, in C# too.</summary>
    private static string Json(string text) => JsonSerializer.Serialize(text, Readable);
}
