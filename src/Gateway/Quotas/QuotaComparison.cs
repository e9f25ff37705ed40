using Gateway.Storage;

namespace Gateway.Quotas;

/// <summary>
/// Compares counters with the ledger while calls go on. What counters have counted is in the ledger a moment later, which looks like a difference
/// and is none: so the journal is waited for between the two, only limits whose counters stood still meanwhile count, and the least difference of
/// several looks is the answer.
/// </summary>
internal sealed class QuotaComparison(IQuotaStore store, ShardDirectory shards, LedgerSums ledger, TimeProvider time)
{
    private const int Looks = 5;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    /// <summary>The counters that this process has used, and that can therefore differ.</summary>
    public IEnumerable<string> Tags => shards.Tags;

    /// <summary>Has counters that differ built anew from the ledger, where they are in Redis.</summary>
    public Task MendAsync(string tag, CancellationToken cancel) => shards.MendAsync(tag, cancel);

    /// <summary>How far the counters are from the ledger, over these limits. Null where they can't be compared now.</summary>
    /// <param name="tag">Whose counters.</param>
    /// <param name="limits">The limits that are kept there.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task<QuotaDrift?> DifferenceAsync(string tag, IReadOnlyList<Limit> limits, CancellationToken cancel)
    {
        var compared = limits.Where(limit => limit.Unit != LimitUnit.Concurrent).ToList();
        var left = compared.ToList();
        var least = new Dictionary<string, long>(StringComparer.Ordinal);
        for (var look = 0; look < Looks && left.Count > 0; look++)
        {
            if (look > 0)
            {
                await Task.Delay(BetweenLooks, time, cancel);
            }

            if (shards.Known(tag) is not { } shard || await LookAsync(shard, left, cancel) is not { } seen)
            {
                return null;
            }

            foreach (var (id, difference) in seen)
            {
                least[id] = least.TryGetValue(id, out var before) ? Nearer(before, difference) : difference;
            }

            left.RemoveAll(limit => least.TryGetValue(limit.Id, out var difference) && difference == 0);
        }

        // Limits whose counters never stood still are left out: busy ones have their turn when they are less so.
        var tokens = compared.Where(limit => limit.Unit is LimitUnit.Tokens or LimitUnit.InputTokens or LimitUnit.OutputTokens);
        return new(tokens.Sum(limit => least.GetValueOrDefault(limit.Id)), least.Values.Any(difference => difference != 0));
    }

    /// <summary>Differences of either sign cancel out: what lies between was passing.</summary>
    public static long Nearer(long one, long other) => Math.Sign(one) != Math.Sign(other) ? 0 : Math.Abs(one) < Math.Abs(other) ? one : other;

    private async Task<Dictionary<string, long>?> LookAsync(QuotaShard shard, List<Limit> limits, CancellationToken cancel)
    {
        if (await FiguresAsync(shard, limits, cancel) is not { } before || !await ledger.CatchUpAsync(cancel))
        {
            return null;
        }

        var rows = await ledger.OfAsync(shard.Tag, cancel);
        if (await FiguresAsync(shard, limits, cancel) is not { } after)
        {
            return null;
        }

        // The same window, too: a rolling one may have forgotten something meanwhile.
        var still = before.Zip(after).Where(pair => pair.First.Counted == pair.Second.Counted && pair.First.Window == pair.Second.Window);
        return still.ToDictionary(pair => pair.First.Limit.Id, pair => Difference(rows, pair.First), StringComparer.Ordinal);
    }

    private async Task<IReadOnlyList<LimitFigure>?> FiguresAsync(QuotaShard shard, List<Limit> limits, CancellationToken cancel)
    {
        var figures = new List<LimitFigure>(limits.Count);
        foreach (var some in limits.Chunk(QuotaArguments.MaxLimits))
        {
            if (!(await store.ReadAsync(shard, some, cancel)).TryGet(out var read, out _))
            {
                return null;
            }

            figures.AddRange(read);
        }

        return figures;
    }

    private static long Difference(IReadOnlyList<QuotaUsageRow> rows, LimitFigure figure)
    {
        var (least, most) = Sums(rows, figure);
        return figure.Counted - Math.Clamp(figure.Counted, least, most);
    }

    /// <summary>Of a rolling limit's oldest bucket the ledger does not know when its last charge leaves, and with it the bucket.</summary>
    private static (long Least, long Most) Sums(IReadOnlyList<QuotaUsageRow> rows, LimitFigure figure)
    {
        var limit = figure.Limit;
        if (!QuotaWindows.IsRolling(limit.Per))
        {
            var counted = Sum(row => row.Window == figure.Window);
            return (counted, counted);
        }

        return (Sum(row => row.ForgetAt > figure.Window + QuotaWindows.BucketLengthOf(limit.Per)), Sum(row => row.ForgetAt > figure.Window));

        long Sum(Func<QuotaUsageRow, bool> counts) => rows.Where(row => row.LimitId == limit.Id && counts(row)).Sum(row => row.Counted);
    }
}
