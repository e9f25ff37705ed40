using SharpToken;

namespace Gateway.Tokens;

/// <summary>One count that waits for a worker. It is either begun by a worker or cancelled by its caller, never both: the caller's memory is read by no one once the caller has its answer.</summary>
internal sealed class CountJob(TokenEncoding encoding, long bytes, Action<TokenTally> count, RunBudget budget, TokenLimits limits, CancellationToken cancel)
{
    private const int Waiting = 0;
    private const int Taken = 1;

    private readonly TaskCompletionSource<CountedTokens> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _state = Waiting;

    public TokenEncoding Encoding => encoding;

    /// <summary>What it weighs among all that waits.</summary>
    public long Bytes { get; } = Math.Min(bytes, limits.MaxExactBytes);

    public async Task<CountedTokens> WaitAsync()
    {
        await using var registration = cancel.UnsafeRegister(static job => ((CountJob?)job)?.TryCancel(), this);
        return await _done.Task;
    }

    /// <summary>Estimates by bytes, on the caller's thread.</summary>
    public CountedTokens Estimate() => Tally(null);

    /// <summary>Counts, on a worker's thread; nothing if it was cancelled while it waited.</summary>
    public void Run(Func<TokenEncoding, GptEncoding> load)
    {
        if (Interlocked.CompareExchange(ref _state, Taken, Waiting) != Waiting)
        {
            return;
        }

        try
        {
            _done.SetResult(Tally(load(encoding)));
        }
        catch (OperationCanceledException)
        {
            _done.SetCanceled(cancel);
        }
#pragma warning disable CA1031 // Whatever failed belongs to the caller that waits, not to the worker, which must go on.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _done.SetException(failure);
        }
    }

    private CountedTokens Tally(GptEncoding? loaded)
    {
        using var tally = new TokenTally(loaded, limits, budget, cancel);
        count(tally);
        return tally.Total;
    }

    private void TryCancel()
    {
        if (Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting)
        {
            _done.SetCanceled(cancel);
        }
    }
}
