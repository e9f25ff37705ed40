using System.Text;
using Gateway.IntegrationTests.Infrastructure;

namespace Gateway.IntegrationTests.Metering;

/// <summary>One call of the API as the matrix tries it: what is sent, and what the provider answers when all is well.</summary>
/// <param name="Method">The method.</param>
/// <param name="Route">The route below <c>/v1/</c>, as the route list has it.</param>
/// <param name="Content">Makes the request's body; null for none. Told whether a stream is asked for.</param>
/// <param name="Type">The answer's content type.</param>
/// <param name="Answer">The answer.</param>
internal sealed record MeteredCall(string Method, string Route, Func<bool, HttpContent>? Content, string Type, string Answer)
{
    /// <summary>The answer's events, where it can be streamed.</summary>
    public string? Events { get; init; }

    /// <summary>Whether the gateway looks into the whole answer before the caller gets any of it.</summary>
    public bool IsKept => Route.StartsWith("batches", StringComparison.Ordinal) || Route == "files";

    /// <summary>The path with the ids that the matrix has made.</summary>
    public string Path => "/v1/" + Route
        .Replace("files/{id}", "files/file-1", StringComparison.Ordinal)
        .Replace("responses/{id}", "responses/resp_1", StringComparison.Ordinal)
        .Replace("batches/{id}", "batches/batch_1", StringComparison.Ordinal);

    public static Func<bool, HttpContent> Json(string fields) =>
        stream => new StringContent($$"""{"model":"gpt-4o",{{(stream ? "\"stream\":true," : "")}}{{fields}}}""", Encoding.UTF8, "application/json");

    public static Func<bool, HttpContent> Bare(string json) => _ => new StringContent(json, Encoding.UTF8, "application/json");

    public static Func<bool, HttpContent> Form(string file, params string[] fields) => stream => Forms.Content(Forms.Bytes(
    [
        Forms.File(file, [1, 2, 3, 4]),
        .. fields.Select(field => Forms.Field(field.Split('=')[0], field.Split('=')[1])),
        .. stream ? new[] { Forms.Field("stream", "true") } : [],
    ]));
}
