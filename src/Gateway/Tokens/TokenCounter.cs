using System.Collections.Concurrent;
using SharpToken;

namespace Gateway.Tokens;

/// <summary>
/// Counts tokens with SharpToken, exactly, on a few threads of its own: a count may take milliseconds of pure computing, and
/// on the thread pool would hold up requests. What waits is bounded; above that, and beyond the size that one count may have,
/// tokens are estimated by bytes and the result says so. Threads start with the first count.
/// </summary>
internal sealed class TokenCounter : IDisposable
{
    private readonly TokenLimits _limits;
    private readonly Vocabularies _vocabularies;
#pragma warning disable CA2213 // A call that comes while the counter stops may still start the threads: they must find an ended queue, not a disposed one.
    private readonly BlockingCollection<CountJob> _waiting;
#pragma warning restore CA2213
    private readonly Lazy<Thread[]> _threads;
    private long _waitingBytes;
    private volatile bool _stopped;

    public TokenCounter()
        : this(TokenLimits.Default, GptEncoding.GetEncoding)
    {
    }

    internal TokenCounter(TokenLimits limits, Func<string, GptEncoding> load)
    {
        _limits = limits;
        _vocabularies = new Vocabularies(load);
        _waiting = new BlockingCollection<CountJob>(limits.MaxWaitingCounts);
        _threads = new Lazy<Thread[]>(StartThreads);
    }

    public TokenLimits Limits => _limits;

    /// <summary>Loads what this encoding needs, in the background, so that a count that is sure to come need not wait for it.</summary>
    public void Prepare(TokenEncoding encoding)
    {
        if (!_vocabularies.IsLoaded(encoding))
        {
            _ = TryEnqueue(new CountJob(encoding, 0, static _ => { }, new RunBudget(0), _limits, CancellationToken.None));
        }
    }

    /// <summary>Counts one text. Its memory is read until the returned task has ended, also when that is by cancellation.</summary>
    public ValueTask<CountedTokens> CountAsync(ReadOnlyMemory<byte> utf8, TokenEncoding encoding, CancellationToken cancel) =>
        CountAsync(encoding, utf8.Length, tally => tally.AddText(utf8.Span), cancel);

    /// <summary>
    /// Counts what <paramref name="count"/> puts into the tally, on a counting thread. <paramref name="bytes"/> says about how
    /// much text that is: what it weighs among all that waits.
    /// </summary>
    public ValueTask<CountedTokens> CountAsync(TokenEncoding encoding, long bytes, Action<TokenTally> count, CancellationToken cancel) =>
        CountAsync(encoding, bytes, count, new RunBudget(_limits.MaxRunWork), cancel);

    /// <summary>The same for one part of a text whose parts share a budget for long runs.</summary>
    public ValueTask<CountedTokens> CountAsync(
        TokenEncoding encoding, long bytes, Action<TokenTally> count, RunBudget budget, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<CountedTokens>(cancel);
        }

        var job = new CountJob(encoding, bytes, count, budget, _limits, cancel);
        return TryEnqueue(job) ? new ValueTask<CountedTokens>(job.WaitAsync()) : ValueTask.FromResult(job.Estimate());
    }

    public void Dispose()
    {
        // What still waits is counted: it belongs to calls that are being settled.
        _stopped = true;
        _waiting.CompleteAdding();
        if (_threads.IsValueCreated)
        {
            foreach (var thread in _threads.Value)
            {
                thread.Join();
            }
        }

    }

    private bool TryEnqueue(CountJob job)
    {
        if (Interlocked.Add(ref _waitingBytes, job.Bytes) <= _limits.MaxWaitingBytes && TryAdd(job))
        {
            return true;
        }

        Interlocked.Add(ref _waitingBytes, -job.Bytes);
        return false;
    }

    private bool TryAdd(CountJob job)
    {
        try
        {
            // Not before there is something to count: an idle gateway has no such threads.
            return _threads.Value.Length > 0 && _waiting.TryAdd(job);
        }
        catch (InvalidOperationException) when (_stopped)
        {
            // Stopping: the last calls are settled by estimate rather than not at all.
            return false;
        }
    }

    private Thread[] StartThreads()
    {
        var threads = new Thread[_limits.Workers];
        for (var i = 0; i < threads.Length; i++)
        {
            threads[i] = new Thread(CountWhatWaits) { IsBackground = true, Name = "token counter" };
            threads[i].Start();
        }

        return threads;
    }

    private void CountWhatWaits()
    {
        foreach (var job in _waiting.GetConsumingEnumerable())
        {
            Interlocked.Add(ref _waitingBytes, -job.Bytes);
            job.Run(_vocabularies.Get);
        }
    }
}
