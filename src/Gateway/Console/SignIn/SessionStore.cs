using System.Security.Cryptography;
using System.Text;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Console.SignIn;

/// <summary>Sessions of the console, in the database: signed in at one replica is signed in at all, and signed out likewise.</summary>
internal sealed class SessionStore(IDbContextFactory<GatewayDb> dbs, WriteTurn turn, TimeProvider time)
{
    private const int TokenBytes = 32;

    private static readonly TimeSpan LongestLife = TimeSpan.FromHours(12);
    private static readonly TimeSpan LongestIdle = TimeSpan.FromHours(2);

    /// <summary>How exactly the last request is known: each one would be a write.</summary>
    private static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(5);

    public async Task<ConsoleSession> OpenAsync(string who, bool mayChange, CancellationToken cancel)
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));
        var now = Now();
        await WriteAsync(
            async db =>
            {
                var (oldest, idle) = Ends(now);
                await db.ConsoleSessions.Where(s => s.CreatedAt < oldest || s.SeenAt < idle).ExecuteDeleteAsync(cancel);
                db.ConsoleSessions.Add(new ConsoleSessionRow { Hash = HashOf(token), Who = who, MayChange = mayChange, CreatedAt = now, SeenAt = now });
                await db.SaveChangesAsync(cancel);
            },
            cancel);
        return new ConsoleSession(token, who, mayChange);
    }

    /// <summary>Null where there is none, or it has ended.</summary>
    public async Task<ConsoleSession?> FindAsync(string? token, CancellationToken cancel)
    {
        if (token is not { Length: TokenBytes * 2 })
        {
            return null;
        }

        var hash = HashOf(token);
        var now = Now();
        var (oldest, idle) = Ends(now);
        await using var db = await dbs.CreateDbContextAsync(cancel);
        if (await db.ConsoleSessions.AsNoTracking().SingleOrDefaultAsync(s => s.Hash == hash, cancel) is not { } row || row.CreatedAt < oldest || row.SeenAt < idle)
        {
            return null;
        }

        if (now - row.SeenAt > SeenEvery.TotalMilliseconds)
        {
            await WriteAsync(other => other.ConsoleSessions.Where(s => s.Hash == hash).ExecuteUpdateAsync(set => set.SetProperty(s => s.SeenAt, now), cancel), cancel);
        }

        return new ConsoleSession(token, row.Who, row.MayChange);
    }

    public Task CloseAsync(string token, CancellationToken cancel)
    {
        var hash = HashOf(token);
        return WriteAsync(db => db.ConsoleSessions.Where(s => s.Hash == hash).ExecuteDeleteAsync(cancel), cancel);
    }

    private async Task WriteAsync(Func<GatewayDb, Task> write, CancellationToken cancel)
    {
        await turn.EnterAsync(cancel);
        try
        {
            await using var db = await dbs.CreateDbContextAsync(cancel);
            await write(db);
        }
        finally
        {
            turn.Leave();
        }
    }

    private static (long Oldest, long Idle) Ends(long now) => (now - (long)LongestLife.TotalMilliseconds, now - (long)LongestIdle.TotalMilliseconds);

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
