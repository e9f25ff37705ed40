using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Quotas;

/// <summary>What the ledger shows as charged to limits in their present windows, running calls included.</summary>
internal sealed class LedgerSums(IDbContextFactory<GatewayDb> dbs, SpendJournal journal, QuotaCalendar calendar, TimeProvider time)
{
    /// <summary>A journal that takes longer has a database that is away: nothing can be compared then.</summary>
    private static readonly TimeSpan JournalTime = TimeSpan.FromSeconds(5);

    /// <summary>Waits until the tables have all that this gateway's counters have counted so far.</summary>
    /// <returns>False where that takes too long.</returns>
    public async Task<bool> CatchUpAsync(CancellationToken cancel)
    {
        var mark = new MarkWrite();
        journal.Add(mark);
        try
        {
            await mark.Durable.WaitAsync(JournalTime, time, cancel);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>One figure for each limit that has one, of all keys and teams: a limit's id names it beside its owner's counters alone.</summary>
    public async Task<IReadOnlyDictionary<(string Tag, string LimitId), long>> PresentAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var day = calendar.At(LimitPeriod.Day, now).Start;
        var month = calendar.At(LimitPeriod.Month, now).Start;
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var sums = db.QuotaUsage.AsNoTracking()
            .Where(u => u.Per == (int)LimitPeriod.Total
                || (u.Per == (int)LimitPeriod.Day && u.Window == day)
                || (u.Per == (int)LimitPeriod.Month && u.Window == month)
                || ((u.Per == (int)LimitPeriod.Minute || u.Per == (int)LimitPeriod.Hour) && u.ForgetAt > now))
            .GroupBy(u => new { u.Tag, u.LimitId })
            .Select(group => new { group.Key.Tag, group.Key.LimitId, Counted = group.Sum(u => u.Counted) });
        var present = new Dictionary<(string Tag, string LimitId), long>();
        await foreach (var sum in sums.AsAsyncEnumerable().WithCancellation(cancel))
        {
            present[(sum.Tag, sum.LimitId)] = sum.Counted;
        }

        return present;
    }

    /// <summary>What of that running calls hold, and may give back: one figure for each limit that has one.</summary>
    public async Task<IReadOnlyDictionary<(string Tag, string LimitId), long>> HeldAsync(CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var running = db.Reservations.AsNoTracking().Where(r => r.Stage == (int)ReservationStage.Held && r.Charges != "").Select(r => new { r.Tag, r.Charges });
        var held = new Dictionary<(string Tag, string LimitId), long>();
        await foreach (var call in running.AsAsyncEnumerable().WithCancellation(cancel))
        {
            foreach (var charge in SpendCharge.Read(call.Charges))
            {
                held[(call.Tag, charge.LimitId)] = held.GetValueOrDefault((call.Tag, charge.LimitId)) + charge.Amount;
            }
        }

        return held;
    }

    /// <summary>All windows of one team's or key's counters.</summary>
    public async Task<IReadOnlyList<QuotaUsageRow>> OfAsync(string tag, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        return await db.QuotaUsage.AsNoTracking().Where(u => u.Tag == tag).ToListAsync(cancel);
    }
}
