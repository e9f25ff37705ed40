using Microsoft.EntityFrameworkCore;

namespace Gateway.Storage;

/// <summary>Hands out the database on PostgreSQL to those who ask for the database.</summary>
internal sealed class PostgresContexts(IDbContextFactory<PostgresDb> pool) : IDbContextFactory<GatewayDb>
{
    public GatewayDb CreateDbContext() => pool.CreateDbContext();

    public async Task<GatewayDb> CreateDbContextAsync(CancellationToken cancellationToken = default) => await pool.CreateDbContextAsync(cancellationToken);
}
