using System.Globalization;
using Gateway.Quotas;
using Gateway.Webhooks;

namespace Gateway.Hosting;

/// <summary>
/// Tells webhooks of limits that are nearly or wholly spent: once for a limit, window and band, by what was spent for good, since most of what
/// running calls hold comes back. A replica, or the same gateway after a restart, tells it again by the same id.
/// </summary>
internal sealed class LimitAlerts(LimitWatch watch, WebhookSender webhooks, QuotaCalendar calendar, TimeProvider time) : IHostedService
{
    private const double NearShare = .8;

    /// <summary>Of windows that roll there is no first or next one: a full hour stands for it, or a busy minute would be told each minute.</summary>
    private const long RollingSpan = 3_600_000;

    /// <summary>Ids of what was told, with the end of its window in Unix milliseconds; 0: it has none.</summary>
    private readonly Dictionary<string, long> _told = new(StringComparer.Ordinal);
    private readonly Lock _telling = new();

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (webhooks.IsWanted(WebhookEventType.LimitNear) || webhooks.IsWanted(WebhookEventType.LimitReached))
        {
            watch.Looked += Tell;
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        watch.Looked -= Tell;
        return Task.CompletedTask;
    }

    private void Tell(IReadOnlyList<NearLimit> near)
    {
        lock (_telling)
        {
            var now = time.GetUtcNow();
            var seen = new HashSet<string>(StringComparer.Ordinal);

            // A limit of nothing shuts a key off; it was never near.
            foreach (var limit in near.Where(limit => limit.Limit.Amount > 0 && limit.Spent >= limit.Limit.Amount * NearShare))
            {
                Tell(limit, now, seen);
            }

            foreach (var (id, end) in _told.Where(told => told.Value == 0 ? !seen.Contains(told.Key) : told.Value <= now.ToUnixTimeMilliseconds()).ToArray())
            {
                _told.Remove(id);
            }
        }
    }

    private void Tell(NearLimit limit, DateTimeOffset now, HashSet<string> seen)
    {
        var (start, end) = WindowOf(limit.Limit.Per, now.ToUnixTimeMilliseconds());
        var nearly = IdOf(WebhookEventType.LimitNear, limit, start);
        var wholly = IdOf(WebhookEventType.LimitReached, limit, start);
        seen.Add(nearly);
        seen.Add(wholly);
        var isReached = limit.Spent >= limit.Limit.Amount;
        var (id, type) = isReached ? (wholly, WebhookEventType.LimitReached) : (nearly, WebhookEventType.LimitNear);
        if (_told.ContainsKey(id) || !webhooks.Post(WebhookEvent.Of(type, id, now, DataOf(limit, end))))
        {
            // Told, or to be told at the next look, when there may be room.
            return;
        }

        _told[id] = end;
        if (isReached)
        {
            // What was reached between two looks needs no word that it was near.
            _told[nearly] = end;
        }
    }

    /// <summary>The amount is part of it: after it was raised, the same limit may be near again.</summary>
    private static string IdOf(string type, NearLimit limit, long windowStart) =>
        WebhookEvent.IdOf(type, limit.OwnerId, limit.Limit.Id, Text(limit.Limit.Amount), Text(windowStart));

    private (long Start, long End) WindowOf(LimitPeriod per, long now)
    {
        if (QuotaWindows.IsCalendar(per))
        {
            var spans = calendar.At(per, now);
            return (spans.Start, spans.End);
        }

        var start = now - (now % RollingSpan);
        return QuotaWindows.IsRolling(per) ? (start, start + RollingSpan) : (0, 0);
    }

    private static LimitAlertData DataOf(NearLimit near, long windowEnd)
    {
        var limit = near.Limit;
        var isKeys = limit.Scope == LimitScope.Key;
        return new LimitAlertData
        {
            Scope = LimitWords.Of(limit.Scope),
            KeyId = isKeys ? near.OwnerId : null,
            TeamId = isKeys ? null : near.OwnerId,
            Name = near.OwnerName,
            Unit = LimitWords.Of(limit.Unit),
            Per = LimitWords.Of(limit.Per),
            Model = limit.Model,
            Mode = LimitWords.Of(limit.Mode),
            Limit = limit.InUnits(limit.Amount),
            Used = limit.InUnits(near.Spent),
            Share = Math.Round((double)near.Spent / limit.Amount, 4),
            ResetsAt = QuotaWindows.IsCalendar(limit.Per) ? DateTimeOffset.FromUnixTimeMilliseconds(windowEnd).UtcDateTime : null,
        };
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
