using System.Collections.Concurrent;

namespace Gateway.Quotas;

/// <summary>
/// Calls whose callers have their answer, while the counters still hold what was reserved: that is given back once the ledger knows what was spent. A caller
/// who asks one call after the other must not be refused for the sake of those moments.
/// </summary>
internal sealed class EndingCalls(TimeProvider time)
{
    /// <summary>A group of writes takes milliseconds; a database that takes longer than this may not be there at all.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Admission> _ending = new(StringComparer.Ordinal);

    public void Add(Admission admission) => _ending[admission.Ask.Request.Value] = admission;

    /// <summary>The counters have heard of its end, or will from the ledger.</summary>
    public void Remove(Admission admission)
    {
        _ending.TryRemove(admission.Ask.Request.Value, out _);
        admission.Over();
    }

    /// <summary>Waits until those that take from these counters now are over.</summary>
    /// <returns>Whether there were any.</returns>
    public async ValueTask<bool> WaitAsync(string tag, CancellationToken cancel)
    {
        List<Task>? over = null;
        foreach (var (_, admission) in _ending)
        {
            if (admission.Tag == tag)
            {
                (over ??= []).Add(admission.WhenOver());
            }
        }

        if (over is null)
        {
            return false;
        }

        try
        {
            await Task.WhenAll(over).WaitAsync(Patience, time, cancel);
        }
        catch (TimeoutException)
        {
            // Some may be over all the same.
        }

        return true;
    }
}
