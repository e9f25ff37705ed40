using System.Diagnostics.CodeAnalysis;
using Gateway.Providers;
using Gateway.Telemetry;

namespace Gateway.Hosting;

/// <summary>
/// Takes over providers and models when the settings file changes: all of them or, where anything is wrong, none, and the last good ones stay.
/// The file is looked at again and again, since being told of changes costs an event for every write near it.
/// </summary>
internal sealed partial class SettingsReload(
    SettingsFiles files, IConfiguration running, Routing routing, SettingsState state, GatewayMetrics metrics, TimeProvider time, ILogger<SettingsReload> logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>What takes effect; every other setting needs a restart.</summary>
    private static readonly string[] Live = ["Gateway:Providers", "Gateway:Models", "Gateway:PriceFile", "Gateway:EchoModel", "Gateway:DiscoverProviders"];

    private string? _known = files.Fingerprint();
    private string? _seen;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
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

    /// <summary>One look. What changed is taken over when it looks the same a second time: a file may be seen half written.</summary>
    internal async Task LookAsync(CancellationToken cancel)
    {
        var now = files.Fingerprint();
        if (now is null || now == _known || now != _seen)
        {
            _seen = now;
            return;
        }

        IConfigurationRoot? configuration = null;
        string? refusal = null;
        try
        {
            configuration = files.Read();
        }
        catch (InvalidDataException unreadable)
        {
            refusal = SettingsCheck.Unreadable(unreadable);
        }

        using var read = configuration as IDisposable;
        if (files.Fingerprint() != now)
        {
            // Changed again while it was read: what was read may be half of each.
            return;
        }

        _known = now;
        refusal ??= configuration is null ? "" : await TryTakeOverAsync(configuration, cancel);
        state.Refusal = refusal;
        metrics.SettingsReloaded(refusal is null ? ReloadResult.Applied : ReloadResult.Refused);
        if (refusal is null)
        {
            Applied(routing.Current.Providers.Count, routing.Current.Entries.Count);
        }
        else
        {
            Refused(refusal);
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A fault of ours in new settings must not stop a gateway that serves by the old ones.")]
    private async Task<string?> TryTakeOverAsync(IConfigurationRoot configuration, CancellationToken cancel)
    {
        try
        {
            return await TakeOverAsync(configuration, cancel);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            Unexpected(e);
            return "the gateway failed on these settings; its log has the reason.";
        }
    }

    /// <returns>Why not, or null.</returns>
    private async Task<string?> TakeOverAsync(IConfigurationRoot configuration, CancellationToken cancel)
    {
        if (SettingsCheck.Check(configuration) is { Count: > 0 } faults)
        {
            return string.Join(" ", faults);
        }

        var others = Others(configuration).Except(Others(running)).Concat(Others(running).Except(Others(configuration))).Select(pair => pair.Key).Distinct().Order(StringComparer.Ordinal).ToList();
        if (others.Count > 0)
        {
            NeedsRestart(string.Join(", ", others));
        }

        var settings = SettingsCheck.Read<RoutingOptions>(configuration);
        var found = await ProviderDiscovery.FindAsync(settings, configuration, time, null, cancel);
        routing.Replace(settings, found);
        metrics.Announce(routing.Current.Providers.Select(provider => provider.Name));
        return null;
    }

    private static IEnumerable<KeyValuePair<string, string?>> Others(IConfiguration configuration) =>
        configuration.AsEnumerable().Where(pair =>
            pair.Value is not null && !Array.Exists(Live, live => pair.Key.StartsWith(live, StringComparison.OrdinalIgnoreCase) && (pair.Key.Length == live.Length || pair.Key[live.Length] == ':')));

    [LoggerMessage(1011, LogLevel.Information, "The settings file changed: {Providers} providers and {Models} models are in force now")]
    private partial void Applied(int providers, int models);

    [LoggerMessage(1012, LogLevel.Error, "The changed settings file is refused as a whole, the last good settings stay in force: {Reason}")]
    private partial void Refused(string reason);

    [LoggerMessage(1014, LogLevel.Error, "The gateway failed on the changed settings")]
    private partial void Unexpected(Exception exception);

    [LoggerMessage(1013, LogLevel.Warning, "These settings changed too, and take effect with the next start only: {Settings}")]
    private partial void NeedsRestart(string settings);
}
