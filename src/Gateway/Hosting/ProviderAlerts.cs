using System.Globalization;
using Gateway.Providers;
using Gateway.Webhooks;

namespace Gateway.Hosting;

/// <summary>
/// Tells webhooks of providers that fail and of those that are well again, by what calls have shown of their targets' health. Looked at from
/// time to time, so that calls know nothing of it. What is told is told at most once in five minutes, under an id that replicas share, so a
/// provider that comes and goes does not flood anyone; where it stands at last is always told.
/// </summary>
internal sealed class ProviderAlerts(Routing routing, WebhookSender webhooks, TimeProvider time) : BackgroundService
{
    private const string CredentialRefused = "credential_refused";
    private const string CallsFail = "calls_fail";
    private const int MostModels = 20;

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Slot = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, Standing> _standings = new(StringComparer.Ordinal);
    private readonly Lock _looking = new();

    /// <summary>One round. Tests call it; else the clock does.</summary>
    internal void Look()
    {
        lock (_looking)
        {
            var catalog = routing.Current;
            foreach (var gone in _standings.Keys.Except(catalog.Providers.Select(provider => provider.Name)).ToArray())
            {
                _standings.Remove(gone);
            }

            foreach (var provider in catalog.Providers)
            {
                Look(catalog, provider);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!webhooks.IsWanted(WebhookEventType.ProviderFailing) && !webhooks.IsWanted(WebhookEventType.ProviderRecovered))
        {
            return;
        }

        using var timer = new PeriodicTimer(Round, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Look();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private void Look(ModelCatalog catalog, Provider provider)
    {
        var now = time.GetUtcNow();
        var before = _standings.GetValueOrDefault(provider.Name) ?? new Standing();
        var targets = catalog.Health.At(provider).ToList();
        var failing = targets.Where(IsFailing).ToList();
        if (failing.Count == 0)
        {
            var isWell = targets.TrueForAll(target => target.CoolDown is null && !target.IsRefusingCredential);

            // On trial, or left alone because it asked for that: nothing new is known.
            _standings[provider.Name] = isWell && before.Told is { } told ? Recovered(before, told, now) : before with { Suspected = null };
            return;
        }

        // A second look confirms it: many a failure is over before anyone could read of it.
        _standings[provider.Name] = before.Told is not null ? before
            : before.Suspected is null ? before with { Suspected = now }
            : Failed(before, DataOf(catalog, provider, failing, before.Suspected.Value), now);
    }

    private Standing Failed(Standing before, ProviderAlertData data, DateTimeOffset now) =>
        Tell(WebhookEventType.ProviderFailing, data, before.FailedSlot, now) ? before with { Told = data, FailedSlot = SlotOf(now), Suspected = null } : before;

    private Standing Recovered(Standing before, ProviderAlertData told, DateTimeOffset now) =>
        Tell(WebhookEventType.ProviderRecovered, told, before.RecoveredSlot, now) ? before with { Told = null, RecoveredSlot = SlotOf(now), Suspected = null } : before;

    private bool Tell(string type, ProviderAlertData data, long lastSlot, DateTimeOffset now)
    {
        var slot = SlotOf(now);
        return slot != lastSlot
            && webhooks.Post(WebhookEvent.Of(type, WebhookEvent.IdOf(type, data.Provider, slot.ToString(CultureInfo.InvariantCulture)), now, data));
    }

    /// <summary>A pause that the provider asked for is no failure of it, and what is tried again right now has yet to fail.</summary>
    private static bool IsFailing(TargetHealth target) => target.IsRefusingCredential || target.CoolDown is { AskedFor: false, OnTrial: false };

    private static ProviderAlertData DataOf(ModelCatalog catalog, Provider provider, List<TargetHealth> failing, DateTimeOffset since) => new()
    {
        Provider = provider.Name,
        Reason = failing.Exists(target => target.IsRefusingCredential) ? CredentialRefused : CallsFail,
        LastError = failing.Select(target => target.Failure).OfType<TargetFailure>().MaxBy(failure => failure.Time)?.Message,
        Models = [.. catalog.Entries.Where(entry => entry.Group.Targets.Any(target => failing.Contains(target.Health))).Select(entry => entry.Name).Take(MostModels)],
        FailingSince = DateTimeOffset.FromUnixTimeSeconds(since.ToUnixTimeSeconds()).UtcDateTime,
    };

    private static long SlotOf(DateTimeOffset now) => now.Ticks / Slot.Ticks;

    /// <param name="Told">What was told last, while it holds; null where the provider is well as far as anyone was told.</param>
    /// <param name="Suspected">When it was first seen to fail; null where it was not.</param>
    /// <param name="FailedSlot">The five minutes in which a failure was last told.</param>
    /// <param name="RecoveredSlot">The five minutes in which a recovery was last told.</param>
    private sealed record Standing(ProviderAlertData? Told = null, DateTimeOffset? Suspected = null, long FailedSlot = 0, long RecoveredSlot = 0);
}
