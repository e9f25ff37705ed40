using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Keys;

/// <summary>Finds a key by its id, for what is charged to it when no caller is there: revoked and expired ones too.</summary>
internal sealed class KeyById(IDbContextFactory<GatewayDb> dbs)
{
    public async Task<ApiKey?> FindAsync(KeyId id, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var state = await KeyAndTeam.Of(db, db.Keys.Where(k => k.Id == id.Value)).AsNoTracking().SingleOrDefaultAsync(cancel);
        return state is null ? null : KeyRows.ToApiKey(state.Key, state.Team is { } team ? TeamRows.ToKeyTeam(team) : null);
    }
}
