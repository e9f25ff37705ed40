using System.Data.Common;
using BitFaster.Caching.Lru;
using Gateway.OpenAi;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Keys;

/// <summary>
/// Who asks? Keys are found in memory, by hash, without a lock or a wait; only a key not seen lately costs a read of the database.
/// Admin changes are put in by <c>Refresh</c>: at once by the process that makes them, by <see cref="KeyChangePoller"/> in all others.
/// Unknown, expired and revoked keys get the same answer, so that a stranger learns nothing from it.
/// </summary>
internal sealed class KeyRing : IDisposable
{
    /// <summary>Keys kept in memory. About 300 bytes each; beyond them the least used cost a read.</summary>
    private const int MaxKnown = 50_000;

    /// <summary>Wrong keys remembered. Apart from the known ones, so that a flood of them pushes out no good key.</summary>
    private const int MaxUnknown = 10_000;

    /// <summary>Teams remembered to tell an older state of one from a newer. Beyond them a change may come back for one poll.</summary>
    private const int MaxTeams = 10_000;

    /// <summary>Reads of the database at a time: more would only queue on its file, each holding a thread.</summary>
    private const int MaxReads = 4;

    /// <summary>How long a wrong key stays refused unasked. Short, in case the row came by a way that announces nothing, such as a restored backup.</summary>
    private static readonly TimeSpan UnknownFor = TimeSpan.FromSeconds(10);

    /// <summary>After a failed read the next one waits this long; callers meanwhile get their 503 at once instead of a thread each.</summary>
    private static readonly TimeSpan RestAfterFailure = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentLru<KeyHash, KnownKey> _known = new(MaxKnown);
    private readonly ConcurrentLru<KeyHash, long> _unknown = new(MaxUnknown);
    private readonly ConcurrentLru<TeamId, KnownTeam> _teams = new(MaxTeams);
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
    public ValueTask<Outcome<ApiKey>> FindAsync(string presented, CancellationToken cancel) =>
        KeySecret.IsWellFormed(presented) ? FindAsync(KeyHash.Of(presented), cancel) : new(GatewayError.InvalidKey());

    /// <inheritdoc cref="FindAsync(string, CancellationToken)"/>
    public ValueTask<Outcome<ApiKey>> FindAsync(KeyHash hash, CancellationToken cancel)
    {
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
    public void Refresh(KeyAndTeam state)
    {
        var hash = KeyHash.FromBytes(state.Key.Hash);
        lock (_refreshing)
        {
            // The poller may hold an older state than an admin's call that overtook it.
            if (_known.TryGet(hash, out var present) && present.Change > state.Key.Change)
            {
                return;
            }

            // A read under way may hold the row's old state, and must not put it in after this.
            _refreshes++;
            ForgetOldSecrets(state.Key, hash);
            _known.AddOrUpdate(hash, Known(state));
            _unknown.TryRemove(hash);
        }
    }

    /// <summary>A rotated key may be in memory under secrets of before. Whether and how long those still work is in the database.</summary>
    private void ForgetOldSecrets(KeyRow row, KeyHash current)
    {
        if (row.RotatedAt is null)
        {
            return;
        }

        foreach (var (hash, _) in _known.Where(pair => pair.Value.Key.Id.Value == row.Id && pair.Key != current).ToList())
        {
            _known.TryRemove(hash);
        }
    }

    /// <summary>Takes in a team as an admin left it, for each of its keys in memory.</summary>
    public void Refresh(TeamRow row)
    {
        var fresh = new KnownTeam(TeamRows.ToKeyTeam(row), row.Change);
        lock (_refreshing)
        {
            if (_teams.TryGet(fresh.Team.Id, out var present) && present.Change > fresh.Change)
            {
                return;
            }

            _refreshes++;
            _teams.AddOrUpdate(fresh.Team.Id, fresh);
            foreach (var (hash, known) in _known.Where(pair => pair.Value.Key.TeamId == row.Id).ToList())
            {
                _known.AddOrUpdate(hash, known with { Key = known.Key.In(fresh.Team) });
            }
        }
    }

    /// <summary>By id, for who acts as the key without its secret. Read each time: that is rare.</summary>
    public async Task<Outcome<ApiKey>> FindAsync(KeyId id, CancellationToken cancel)
    {
        await using var db = await _dbs.CreateDbContextAsync(cancel);
        var state = await KeyAndTeam.Of(db, db.Keys.Where(k => k.Id == id.Value)).AsNoTracking().SingleOrDefaultAsync(cancel);
        if (state is null)
        {
            return GatewayError.InvalidKey();
        }

        lock (_refreshing)
        {
            return Judge(Known(state));
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
        var state = await KeyAndTeam.Of(db, db.Keys.Where(k => k.Hash == bytes)).AsNoTracking().SingleOrDefaultAsync(cancel);
        DateTimeOffset? worksUntil = null;
        if (state is null && await db.OldSecrets.AsNoTracking().SingleOrDefaultAsync(s => s.Hash == bytes, cancel) is { } old)
        {
            state = await KeyAndTeam.Of(db, db.Keys.Where(k => k.Id == old.KeyId)).AsNoTracking().SingleOrDefaultAsync(cancel);
            worksUntil = Columns.ReadTime(old.WorksUntil);
        }

        KnownKey? known;
        lock (_refreshing)
        {
            known = state is null ? null : Known(state) with { WorksUntil = worksUntil };
            if (_refreshes == refreshes)
            {
                Remember(hash, known);
            }
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
        known.Revoked || IsOver(known.Key.ExpiresAt) || IsOver(known.WorksUntil) ? GatewayError.InvalidKey() : known.Key;

    private bool IsOver(DateTimeOffset? end) => end is { } at && at <= _time.GetUtcNow();

    /// <summary>Under the lock: with the newest state of the team that is known.</summary>
    private KnownKey Known(KeyAndTeam state)
    {
        KeyTeam? team = null;
        if (state.Team is { } row)
        {
            var read = new KnownTeam(TeamRows.ToKeyTeam(row), row.Change);
            var newest = _teams.TryGet(read.Team.Id, out var present) && present.Change >= read.Change ? present : read;
            _teams.AddOrUpdate(newest.Team.Id, newest);
            team = newest.Team;
        }

        return new(KeyRows.ToApiKey(state.Key, team), state.Key.RevokedAt is not null, state.Key.Change);
    }

    private long Now() => _time.GetTimestamp();

    private sealed record KnownKey(ApiKey Key, bool Revoked, long Change)
    {
        /// <summary>For a secret that was replaced by a newer one: how long it still works.</summary>
        public DateTimeOffset? WorksUntil { get; init; }
    }

    private sealed record KnownTeam(KeyTeam Team, long Change);
}
