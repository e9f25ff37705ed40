using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Console;

/// <summary>The audit log as a page reads it.</summary>
internal sealed class AuditTrail(IDbContextFactory<GatewayDb> dbs)
{
    /// <summary>Newest first, up to <paramref name="count"/> changes before the one with the id <paramref name="after"/>.</summary>
    public async Task<IReadOnlyList<AuditRow>> ListAsync(string? objectId, string? action, string? after, int count, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var rows = db.Audit.AsNoTracking();
        if (objectId is not null)
        {
            rows = rows.Where(a => a.ObjectId == objectId);
        }

        if (action is not null)
        {
            rows = rows.Where(a => a.Action == action);
        }

        if (after is not null && AuditRow.IsId(after))
        {
            rows = rows.Where(a => string.Compare(a.Id, after) < 0);
        }

        return await rows.OrderByDescending(a => a.Id).Take(count).ToListAsync(cancel);
    }
}
