using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>Adds up what the lines of a batch's output file report as usage, however long the file is. Not thread-safe.</summary>
internal sealed class BatchResults : IDisposable
{
    private static readonly UsagePaths Paths = new(["response.body.usage"]);

    private readonly JsonFieldScanner _line;
    private readonly UsageReader _usage = new(ApiEndpoint.Batches);

    public BatchResults() => _line = new JsonFieldScanner(Paths, _usage);

    /// <summary>The sum so far, of complete lines.</summary>
    public TokenUsage Total { get; private set; }

    public bool Read(ReadOnlyMemory<byte> chunk)
    {
        var rest = chunk.Span;
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf((byte)'\n');
            _line.Read(end < 0 ? rest : rest[..end]);
            if (end < 0)
            {
                break;
            }

            EndLine();
            rest = rest[(end + 1)..];
        }

        return true;
    }

    /// <summary>The last line may have no end.</summary>
    public void Complete() => EndLine();

    public void Dispose() => _line.Dispose();

    private void EndLine()
    {
        var used = _usage.TakeUsage();
        Total = new TokenUsage(
            Total.InputTokens + used.InputTokens,
            Total.OutputTokens + used.OutputTokens,
            Total.CachedTokens + used.CachedTokens,
            Total.ReasoningTokens + used.ReasoningTokens);
        _line.Reset();
    }
}
