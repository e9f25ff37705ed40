using System.Data.Common;
using Gateway.Keys;
using Gateway.Quotas;
using Gateway.Telemetry;

namespace Gateway.Hosting;

/// <summary>
/// Looks at all limits from time to time: how many are nearly used up, by the ledger, and whether counters and ledger are the same; counters in Redis that are not
/// are built anew. What
/// metrics and alerts say of limits comes from here, so that neither a scrape nor a call ever asks a store for it.
/// </summary>
internal sealed partial class LimitWatch(
    KeyStore keys, TeamStore teams, LedgerSums sums, QuotaComparison comparison, GatewayMetrics metrics, TimeProvider time, ILogger<LimitWatch> logger) : BackgroundService
{
    /// <summary>Counters compared in one round, each a few small queries; those left out come next.</summary>
    private const int ComparedAtOnce = 100;

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(30);

    private static readonly (string Scope, string Band, double Share)[] Bands = [("key", "80", .8), ("key", "100", 1), ("team", "80", .8), ("team", "100", 1)];

    /// <summary>Differences of the last comparison, by whose counters. Only what a second one confirms is shown: a slow commit is no drift.</summary>
    private readonly Dictionary<string, long> _suspected = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _confirmed = new(StringComparer.Ordinal);

    /// <summary>Whose counters differed last time, in whatever they count.</summary>
    private readonly HashSet<string> _unequal = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<NearLimit> _near = [];
    private long _drift;
    private int _turn;

    /// <summary>Limits used up to four fifths or further, as of the last round.</summary>
    public IReadOnlyList<NearLimit> Near => _near;

    /// <summary>Tokens by which counters are above the ledger, or below it, as far as two rounds confirm it.</summary>
    public long Drift => Volatile.Read(ref _drift);

    /// <summary>Raised after each round, with <see cref="Near"/>.</summary>
    public event Action<IReadOnlyList<NearLimit>>? Looked;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.WatchLimits(() => Drift, CountNear);
        return base.StartAsync(cancellationToken);
    }

    /// <summary>One round. Tests call it; else the clock does.</summary>
    internal async Task LookAsync(CancellationToken cancel)
    {
        try
        {
            var owners = await OwnersAsync(cancel);
            await sums.CatchUpAsync(cancel);
            var present = await sums.PresentAsync(cancel);
            var held = await sums.HeldAsync(cancel);
            _near = [.. from owner in owners
                        from limit in owner.Limits
                        where limit.Unit != LimitUnit.Concurrent
                        let counted = present.GetValueOrDefault((owner.Tag, limit.Id))
                        where counted >= limit.Amount * Bands[0].Share
                        select new NearLimit(owner.Id, owner.Name, limit, counted, held.GetValueOrDefault((owner.Tag, limit.Id)))];
            Looked?.Invoke(_near);
            await CompareAsync(owners.ToLookup(owner => owner.Tag, owner => owner.Limits, StringComparer.Ordinal), cancel);
        }
        catch (DbException failure)
        {
            Failed(failure);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Round, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await LookAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task<IReadOnlyList<LimitedOwner>> OwnersAsync(CancellationToken cancel) =>
    [
        .. (await teams.LimitedAsync(cancel)).Select(team => new LimitedOwner(team.Id.Value, team.Spec.Name, team.Id.Value, team.Limits)),
        .. (await keys.LimitedAsync(cancel)).Select(key => new LimitedOwner(key.Id.Value, key.Spec.Name, QuotaShard.TagOf(key.Id, key.Spec.Team?.Value), key.Limits)),
    ];

    private async Task CompareAsync(ILookup<string, IReadOnlyList<Limit>> limits, CancellationToken cancel)
    {
        var tags = comparison.Tags.Where(limits.Contains).Order(StringComparer.Ordinal).ToArray();
        foreach (var gone in _confirmed.Keys.Concat(_suspected.Keys).Except(tags).ToArray())
        {
            _confirmed.Remove(gone);
            _suspected.Remove(gone);
        }

        _unequal.IntersectWith(tags);

        var first = tags.Length > ComparedAtOnce ? _turn % tags.Length : 0;
        _turn = first + ComparedAtOnce;

        // Those that differed last time are not kept waiting for their next turn.
        var turn = tags.Skip(first).Concat(tags.Take(first)).Take(ComparedAtOnce);
        foreach (var tag in _unequal.Take(ComparedAtOnce).Union(turn, StringComparer.Ordinal).ToArray())
        {
            if (await comparison.DifferenceAsync(tag, [.. limits[tag].SelectMany(some => some)], cancel) is { } difference)
            {
                Note(tag, difference.Tokens);
                if (!difference.IsAny)
                {
                    _unequal.Remove(tag);
                }
                else if (!_unequal.Add(tag))
                {
                    await comparison.MendAsync(tag, cancel);
                }
            }
        }

        Volatile.Write(ref _drift, _confirmed.Values.Sum());
    }

    private void Note(string tag, long difference)
    {
        var confirmed = _suspected.TryGetValue(tag, out var before) ? QuotaComparison.Nearer(before, difference) : 0;
        if (confirmed != 0 && !_confirmed.ContainsKey(tag))
        {
            Drifted(tag, confirmed);
        }

        Keep(_confirmed, tag, confirmed);
        Keep(_suspected, tag, difference);
    }

    private static void Keep(Dictionary<string, long> differences, string tag, long difference)
    {
        if (difference == 0)
        {
            differences.Remove(tag);
        }
        else
        {
            differences[tag] = difference;
        }
    }

    private IEnumerable<(string Scope, string Band, int Limits)> CountNear()
    {
        var near = _near;
        return Bands.Select(band => (band.Scope, band.Band, near.Count(limit => LimitWords.Of(limit.Limit.Scope) == band.Scope && limit.Share >= band.Share)));
    }

    [LoggerMessage(1030, LogLevel.Error, "The counters of {Tag} differ from the ledger by {Tokens} tokens")]
    private partial void Drifted(string tag, long tokens);

    [LoggerMessage(1031, LogLevel.Warning, "The limits can't be looked at: the database failed")]
    private partial void Failed(Exception failure);

    private sealed record LimitedOwner(string Id, string Name, string Tag, IReadOnlyList<Limit> Limits);
}
