using System.Buffers;
using System.Text.Json;
using Gateway.OpenAi;
using Gateway.Tokens;
using Microsoft.Extensions.Options;

namespace Gateway.Proxy;

/// <summary><c>POST /v1/tokens/count</c>: opens the gateway's own counter to callers, free of charge.</summary>
internal sealed class TokenCountEndpoint(CallerKey caller, PromptCounter prompts, IOptions<ProxyOptions> options)
{
    public async Task HandleAsync(HttpContext http)
    {
        if (!(await caller.IdentifyAsync(http)).TryGet(out _, out var error)
            || !MediaType.IsAccepted(http.Request, out error)
            || !(await RequestBody.ReadAsync(http.Request.Body, http.Request.ContentLength, options.Value.MaxRequestBodyBytes, http.RequestAborted)).TryGet(out var body, out error))
        {
            await ErrorResponse.WriteAsync(http, error);
            return;
        }

        using (body)
        {
            if (!(await CountAsync(body.Memory, http.RequestAborted)).TryGet(out var counted, out error))
            {
                await ErrorResponse.WriteAsync(http, error);
                return;
            }

            await WriteAsync(http, counted);
        }
    }

    /// <summary>Counts what the body asks for; a list of texts is the sum of them.</summary>
    public async ValueTask<Outcome<TokenCountResult>> CountAsync(ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        if (!TokenCountRequest.Read(body.Span).TryGet(out var ask, out var error))
        {
            return error;
        }

        var endpoint = ask.CountsMessages ? ApiEndpoint.ChatCompletions : ApiEndpoint.Embeddings;
        var counted = await prompts.CountPromptAsync(body, endpoint.Path, ask.Encoding, cancel);
        return new TokenCountResult(counted.Tokens, ask.Encoding.Name, counted.Exact);
    }

    private static async Task WriteAsync(HttpContext http, TokenCountResult counted)
    {
        var body = new ArrayBufferWriter<byte>(64);
        await using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteNumber("tokens"u8, counted.Tokens);
            json.WriteString("encoding"u8, counted.Encoding);
            json.WriteEndObject();
        }

        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.WrittenCount;
        await http.Response.Body.WriteAsync(body.WrittenMemory, http.RequestAborted);
    }
}
