using Gateway.OpenAi;
using Gateway.Tokens;

namespace Gateway.Proxy;

/// <summary><c>POST /v1/tokens/count</c>: opens the gateway's own counter to callers, free of charge. Who asks and how the body is read is not its matter.</summary>
internal sealed class TokenCountEndpoint(PromptCounter prompts)
{
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
