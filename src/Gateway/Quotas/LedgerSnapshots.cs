using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Quotas;

/// <summary>What the ledger knows of some counters, as of one instant: sums and reservations must fit each other.</summary>
internal sealed class LedgerSnapshots(IDbContextFactory<GatewayDb> dbs)
{
    public async Task<QuotaSnapshot> ReadAsync(string tag, TimeSpan lease, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        await using var transaction = await ReadTransaction.BeginAsync(db, cancel);
        var usage = await db.QuotaUsage.AsNoTracking().Where(u => u.Tag == tag).ToListAsync(cancel);
        var reservations = await db.Reservations.AsNoTracking().Where(r => r.Tag == tag).ToListAsync(cancel);
        return new QuotaSnapshot(usage.ConvertAll(Counter), reservations.ConvertAll(row => Reservation(row, lease)));
    }

    private static CounterSnapshot Counter(QuotaUsageRow row)
    {
        var per = (LimitPeriod)row.Per;
        var end = QuotaWindows.IsCalendar(per) ? row.ForgetAt - QuotaWindows.Retention : 0;
        return new(row.LimitId, per, row.Window, end, row.Counted);
    }

    private static ReservationSnapshot Reservation(ReservationRow row, TimeSpan lease)
    {
        var state = (ReservationStage)row.Stage switch
        {
            ReservationStage.Held => ReservationState.Held,
            ReservationStage.Settled => ReservationState.Settled,
            _ => ReservationState.Released,
        };
        var charges = SpendCharge.Read(row.Charges).Select(charge => new ChargeSnapshot(
            charge.LimitId, (LimitPeriod)charge.Per, (LimitUnit)charge.Unit, charge.Window, charge.Amount));
        return new(row.Id, state, lease, [.. charges]);
    }
}
