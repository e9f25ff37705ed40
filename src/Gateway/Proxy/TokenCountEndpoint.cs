using Gateway.OpenAi;
using Gateway.Tokens;

namespace Gateway.Proxy;

/// <summary><c>POST /v1/tokens/count</c>: opens the gateway's own counter to callers, free of charge. Who asks and how the body is read is not its matter.</summary>
internal sealed class TokenCountEndpoint(PromptCounter prompts)
{
    /// <summary>Answers with the count, or returns the error to answer with. An estimate says so in a third field; it is left out of exact counts.</summary>
    public async ValueTask<GatewayError?> HandleAsync(HttpContext context, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        if (!(await CountAsync(body, cancel)).TryGet(out var result, out var error))
        {
            return error;
        }

        context.Response.ContentType = "application/json";
        var estimate = result.Exact ? "" : ",\"exact\":false";
        await context.Response.WriteAsync($$"""{"tokens":{{result.Tokens}},"encoding":"{{result.Encoding}}"{{estimate}}}""", cancel);
        return null;
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
}
