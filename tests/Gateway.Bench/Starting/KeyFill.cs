using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Bench.Starting;

/// <summary>Keys as a gateway has after years, half of them under limits. Made by the database itself; nobody calls by them.</summary>
internal static class KeyFill
{
    public static async Task RunAsync(string directory, int keys, CancellationToken cancel)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, "gateway.db");
        await using var db = new GatewayDb(new DbContextOptionsBuilder<GatewayDb>().UseSqlite($"Data Source={path};Pooling=False").Options);
        await db.Database.MigrateAsync(cancel);
        await db.Database.ExecuteSqlAsync(
            $$"""
            with recursive n(i) as (select 1 union all select i + 1 from n where i < {{keys}})
            insert into keys (id, hash, hint, name, limits, metadata, created_at, change)
            select 'key_' || printf('%032x', i), randomblob(32), printf('%04x', i % 65536), 'key ' || i,
                case when i % 2 = 0 then '[{"unit":"tokens","limit":1000000,"per":"day"},{"unit":"requests","limit":100,"per":"minute"}]' end, '{}', 1760000000000 + i, 0
            from n where {{keys}} > 0
            """,
            cancel);
    }
}
