using Gateway.Console.Words;
using Gateway.Ledger;

namespace Gateway.Console.Overview;

/// <summary>The newest calls under each filter that somebody looks at live: one read a second for all who look at the same, fewer where a read takes long.</summary>
internal sealed class LatestCalls(LedgerQueries ledger, TimeProvider time)
{
    public const int Rows = 50;

    private const int MostFilters = 100;

    /// <summary>A filter that looks far costs the database more: for each moment of looking it is left alone for twenty.</summary>
    private const int RestPerLook = 20;

    /// <summary>A little less than the second between two looks of a page.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromMilliseconds(900);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Look> _looks = new(StringComparer.Ordinal);

    /// <summary>The first page; the same object as before where it was not read anew.</summary>
    public Task<LedgerPage> ReadAsync(RequestFilter filter, CancellationToken cancel)
    {
        Look look;
        lock (_lock)
        {
            if (!_looks.TryGetValue(filter.Query, out var known) || known.IsOver(time))
            {
                if (_looks.Count >= MostFilters)
                {
                    _looks.Clear();
                }

                _looks[filter.Query] = known = new Look(time.GetTimestamp());
                // Whoever looks first may leave before the others have what they wait for.
                known.Page = LookAsync(known, filter.Filter);
            }

            look = known;
        }

        return look.Page.WaitAsync(cancel);
    }

    private async Task<LedgerPage> LookAsync(Look look, LedgerFilter filter)
    {
        // Off the lock, which the database must not hold.
        await Task.Yield();
        var begun = time.GetTimestamp();
        try
        {
            return await ledger.PageAsync(filter, null, Rows, CancellationToken.None);
        }
        finally
        {
            look.Rest = RestPerLook * time.GetElapsedTime(begun);
        }
    }

    private sealed class Look(long begun)
    {
        public Task<LedgerPage> Page { get; set; } = Task.FromResult(new LedgerPage([], null));

        public TimeSpan Rest { get; set; }

        public bool IsOver(TimeProvider time) =>
            Page.IsCompleted && (!Page.IsCompletedSuccessfully || time.GetElapsedTime(begun) is var age && age > GoodFor && age > Rest);
    }
}
