using System.Data.Common;
using BitFaster.Caching.Lru;
using Gateway.OpenAi;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Keys;

/// <summary>
/// Who asks? Keys are found in memory, by hash, without a lock or a wait; only a key not seen lately costs a read of the database.
/// Admin changes are put in by <see cref="Refresh"/>: at once by the process that makes them, by <see cref="KeyChangePoller"/> in all others.
/// Unknown, expired and revoked keys get the same answer, so that a stranger learns nothing from it.
/// </summary>
internal sealed class KeyRing : IDisposable
{
    /// <summary>Keys kept in memory. About 300 bytes each; beyond them the least used cost a read.</summary>
    private const int MaxKnown = 50_000;

    /// <summary>Wrong keys remembered. Apart from the known ones, so that a flood of them pushes out no good key.</summary>
    private const int MaxUnknown = 10_000;

    /// <summary>Reads of the database at a time: more would only queue on its file, each holding a thread.</summary>
    private const int MaxReads = 4;

    /// <summary>How long a wrong key stays refused unasked. Short, in case the row came by a way that announces nothing, such as a restored backup.</summary>
    private static readonly TimeSpan UnknownFor = TimeSpan.FromSeconds(10);

    /// <summary>After a failed read the next one waits this long; callers meanwhile get their 503 at once instead of a thread each.</summary>
    private static readonly TimeSpan RestAfterFailure = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentLru<KeyHash, KnownKey> _known = new(MaxKnown);
    private readonly ConcurrentLru<KeyHash, long> _unknown = new(MaxUnknown);
    private readonly Lock _refreshing = new();
    private readonly SemaphoreSlim _reads = new(MaxReads, MaxReads);
    private readonly IDbContextFactory<GatewayDb> _dbs;
    private readonly StoreHealth _health;
    private readonly TimeProvider _time;
    private long _refreshes;
    private long _restingUntil;

    public KeyRing(IDbContextFactory<GatewayDb> dbs, StoreHealth health, TimeProvider time)
    {
        _dbs = dbs;
        _health = health;
        _time = time;
    }

    /// <summary>Completes synchronously for every key in memory and for everything that can't be a key.</summary>
    public ValueTask<Outcome<ApiKey>> FindAsync(string presented, CancellationToken cancel)
    {
        if (!KeySecret.IsWellFormed(presented))
        {
            return new(GatewayError.InvalidKey());
        }

        var hash = KeyHash.Of(presented);
        if (_known.TryGet(hash, out var known))
        {
            return new(Judge(known));
        }

        if (_unknown.TryGet(hash, out var refusedUntil) && Now() < refusedUntil)
        {
            return new(GatewayError.InvalidKey());
        }

        return new(LoadAsync(hash, cancel));
    }

    /// <summary>Takes in a key as an admin left it.</summary>
    public void Refresh(KeyRow row)
    {
        var hash = KeyHash.FromBytes(row.Hash);
        lock (_refreshing)
        {
            // The poller may hold an older state than an admin's call that overtook it.
            if (_known.TryGet(hash, out var present) && present.Change > row.Change)
            {
                return;
            }

            // Counted first: a read under way may hold the row's old state, and must not put it in after this.
            Interlocked.Increment(ref _refreshes);
            _known.AddOrUpdate(hash, Known(row));
            _unknown.TryRemove(hash);
        }
    }

    public void Dispose() => _reads.Dispose();

    private async Task<Outcome<ApiKey>> LoadAsync(KeyHash hash, CancellationToken cancel)
    {
        await _reads.WaitAsync(cancel);
        try
        {
            if (Now() < Volatile.Read(ref _restingUntil))
            {
                return GatewayError.StoreUnavailable();
            }

            return await ReadAsync(hash, cancel);
        }
        catch (DbException failure)
        {
            _health.Failed(StorePart.Reads, failure);
            Volatile.Write(ref _restingUntil, Now() + (long)(RestAfterFailure.TotalSeconds * _time.TimestampFrequency));
            return GatewayError.StoreUnavailable();
        }
        finally
        {
            _reads.Release();
        }
    }

    private async Task<Outcome<ApiKey>> ReadAsync(KeyHash hash, CancellationToken cancel)
    {
        var refreshes = Volatile.Read(ref _refreshes);
        await using var db = await _dbs.CreateDbContextAsync(cancel);
        var bytes = hash.ToBytes();
        var row = await db.Keys.AsNoTracking().SingleOrDefaultAsync(k => k.Hash == bytes, cancel);
        var known = row is null ? null : Known(row);
        if (Volatile.Read(ref _refreshes) == refreshes)
        {
            Remember(hash, known);
        }

        return known is null ? GatewayError.InvalidKey() : Judge(known);
    }

    private void Remember(KeyHash hash, KnownKey? known)
    {
        if (known is null)
        {
            _unknown.AddOrUpdate(hash, Now() + (long)(UnknownFor.TotalSeconds * _time.TimestampFrequency));
        }
        else
        {
            // Never over what is there: a refresh that came in between knows better.
            _known.GetOrAdd(hash, static (_, fresh) => fresh, known);
        }
    }

    private Outcome<ApiKey> Judge(KnownKey known) =>
        known.Revoked || (known.Key.ExpiresAt is { } end && end <= _time.GetUtcNow()) ? GatewayError.InvalidKey() : known.Key;

    private static KnownKey Known(KeyRow row) => new(KeyRows.ToApiKey(row), row.RevokedAt is not null, row.Change);

    private long Now() => _time.GetTimestamp();

    private sealed record KnownKey(ApiKey Key, bool Revoked, long Change);
}
