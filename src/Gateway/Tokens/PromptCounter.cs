namespace Gateway.Tokens;

/// <summary>
/// Counts what a request's body prompts with, as the provider would: see <see cref="PromptWalk"/> for the rules. The body is
/// read as it stands, on a counting thread; no text of it is copied whole.
/// </summary>
internal sealed class PromptCounter(TokenCounter counter)
{
    /// <summary>
    /// Counts in the encoding of <paramref name="model"/>. <paramref name="endpoint"/> is the call's path below <c>/v1</c>, such as
    /// <c>chat/completions</c>; <paramref name="body"/> is read until the returned task has ended.
    /// </summary>
    public ValueTask<CountedTokens> CountPromptAsync(ReadOnlyMemory<byte> body, string endpoint, string model, CancellationToken cancel) =>
        CountPromptAsync(body, endpoint, ModelEncodings.For(model), cancel);

    public ValueTask<CountedTokens> CountPromptAsync(
        ReadOnlyMemory<byte> body, string endpoint, TokenEncoding encoding, CancellationToken cancel) =>
        counter.CountAsync(encoding, body.Length, tally => PromptWalk.Count(body.Span, endpoint, tally), cancel);
}
