using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Calls;

/// <summary>Answers the calls of the metering table, each as the test says that it is to end.</summary>
internal sealed class MeteredUpstream : IAsyncDisposable
{
    private readonly MeteredCall[] _calls;
    private readonly SemaphoreSlim _begun = new(0);

    public MeteredUpstream(MeteredCall[] calls)
    {
        _calls = calls;
        Upstream = FakeUpstream.Start(AnswerAsync);
    }

    public FakeUpstream Upstream { get; }

    public Ending Ending { get; set; }

    /// <summary>The caller has got the beginning of the answer.</summary>
    public void CallerHasBegun() => _begun.Release();

    public async ValueTask DisposeAsync()
    {
        await Upstream.DisposeAsync();
        _begun.Dispose();
    }

    private async Task AnswerAsync(UpstreamCall upstream)
    {
        var call = _calls.Single(known => upstream.RequestLine.StartsWith($"POST /v1/{known.Path} ", StringComparison.Ordinal));
        if (Ending is Ending.Whole)
        {
            await upstream.RespondAsync(call.Answer);
            return;
        }

        if (Ending is Ending.Refused)
        {
            await upstream.RespondAsync("""{"error":{"message":"No.","type":"server_error","param":null,"code":null}}""", 500);
            return;
        }

        await upstream.BeginChunkedAsync("text/event-stream");
        await upstream.ChunkAsync(call.Begin);
        switch (Ending)
        {
            case Ending.Stream:
                await upstream.ChunkAsync(call.End);
                await upstream.EndChunksAsync();
                break;
            case Ending.Cut:
                // An abort may overtake what is on its way to the caller.
                await _begun.WaitAsync(TestContext.Current.CancellationToken);
                upstream.Cut();
                break;
            default:
                await upstream.GoneAsync(TestContext.Current.CancellationToken);
                break;
        }
    }
}
