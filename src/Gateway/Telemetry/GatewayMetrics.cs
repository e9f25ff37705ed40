using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;

namespace Gateway.Telemetry;

/// <summary>
/// Every instrument of the gateway, with its name, unit, tags and buckets: the contract for dashboards and alerts. Names are bare;
/// exporters add the unit and <c>_total</c> (<c>gateway_requests</c> is scraped as <c>gateway_requests_total</c>).
/// Tags come from closed sets only: never a key, a user or a model's name that no setting knows.
/// </summary>
internal sealed class GatewayMetrics
{
    public const string MeterName = "Gateway";

    public const string OverheadName = "gateway_overhead";

    /// <summary>The provider where none was reached for, and the model where the request named none.</summary>
    public const string None = "none";

    private static readonly double[] FirstTokenBuckets = [.05, .1, .25, .5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300];
    private static readonly double[] DurationBuckets = [.05, .1, .25, .5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 600];
    private static readonly double[] OverheadBuckets = [.0005, .001, .002, .003, .005, .0075, .01, .015, .025, .05, .1, .25, 1];
    private static readonly double[] StoreBuckets = [.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2];

    private readonly CallSums _calls;
    private readonly Counter<long> _upstreamErrors;
    private readonly Counter<long> _denied;
    private readonly Counter<long> _wouldDeny;
    private readonly Counter<long> _overrun;
    private readonly Counter<long> _logDropped;
    private readonly Histogram<double> _firstToken;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _overhead;
    private readonly Histogram<double> _storeDuration;
    private readonly Counter<long> _reloads;
    private readonly Counter<long> _webhooks;
    private readonly UpDownCounter<long> _streams;
    private readonly TeamCosts? _teams;
    private readonly Lock _watching = new();
    private volatile IReadOnlyList<(string Store, Func<bool> IsHealthy)> _stores = [];
    private volatile Func<long>? _ledgerQueueRows;
    private volatile Func<long>? _reservedTokens;
    private volatile Func<IEnumerable<(string Provider, string Model, bool IsHealthy)>>? _targets;
    private volatile Func<long>? _drift;
    private volatile Func<IEnumerable<(string Scope, string Band, int Limits)>>? _near;
    private volatile bool _settingsRefused;

    public GatewayMetrics(IMeterFactory factory, IOptions<MetricsOptions> options)
    {
        Meter meter = factory.Create(new MeterOptions(MeterName) { Version = BuildInfo.Version });
        _calls = new CallSums(meter);
        _upstreamErrors = meter.CreateCounter<long>("gateway_upstream_errors", "{error}", "Attempts that failed at a provider, by kind.");
        _denied = meter.CreateCounter<long>("gateway_denied", "{request}", "Calls that a limit refused.");
        _wouldDeny = meter.CreateCounter<long>("gateway_would_deny", "{request}", "Calls that a shadow limit would have refused.");
        _overrun = meter.CreateCounter<long>("gateway_reservation_overrun_tokens", null, "Tokens that providers reported beyond what was reserved.");
        _logDropped = meter.CreateCounter<long>("gateway_log_dropped", "{record}", "Prompts and answers that were to be kept and were not, by the reason.");
        _reloads = meter.CreateCounter<long>("gateway_config_reloads", "{reload}", "Changes of the settings file that were seen, by what became of them.");
        _webhooks = meter.CreateCounter<long>("gateway_webhooks", "{call}", "Attempts to tell an event to a webhook's receiver, by what became of them.");
        _firstToken = Seconds(meter, "gateway_time_to_first_token", "From a streamed call's arrival to its answer's first byte.", FirstTokenBuckets);
        _duration = Seconds(meter, "gateway_request_duration", "From a call's arrival to its end.", DurationBuckets);
        _overhead = Seconds(meter, OverheadName, "Time that a call spent in the gateway, the provider's taken out.", OverheadBuckets);
        _storeDuration = Seconds(meter, "gateway_store_duration", "How long a store took for an operation.", StoreBuckets);
        _streams = meter.CreateUpDownCounter<long>("gateway_streams_active", "{stream}", "Streams that are open.");
        meter.CreateObservableGauge("gateway_store_healthy", StoresHealthy, null, "1 where a store is reachable, else 0.");
        meter.CreateObservableGauge("gateway_target_healthy", TargetsHealthy, null, "1 where a model's target may be called, 0 while it is left alone.");
        meter.CreateObservableGauge("gateway_ledger_queue_rows", LedgerQueueRows, "{row}", "Ledger rows that wait to be written.");
        meter.CreateObservableGauge("gateway_reserved_tokens", ReservedTokens, null, "Tokens that running calls of this process hold.");
        meter.CreateObservableGauge("gateway_quota_drift_tokens", Drift, null, "Tokens by which counters of limits differ from the ledger, found by comparing them. Must be 0.");
        meter.CreateObservableGauge("gateway_limits_near", LimitsNear, "{limit}", "Limits that are used up to the band, in percent, or further.");
        meter.CreateObservableGauge("gateway_config_reload_ok", () => _settingsRefused ? 0 : 1, null, "0 while the settings file is one that was refused, else 1.");
        meter.CreateObservableGauge("gateway_build_info", () => new Measurement<int>(1, new KeyValuePair<string, object?>("version", BuildInfo.Version)), null, "Always 1; the version is its label.");
        GenAi = new GenAiMetrics(meter, options.Value.GenAi);
        _teams = options.Value.Teams ? new TeamCosts(meter) : null;
    }

    /// <summary>The same calls by OpenTelemetry's names.</summary>
    public GenAiMetrics GenAi { get; }

    /// <summary>Counts a call that ended, refused ones too.</summary>
    /// <param name="endpoint">Its path below /v1, or <c>other</c>.</param>
    /// <param name="model">The model's name in metrics.</param>
    /// <param name="provider">Who served it, or <see cref="None"/>.</param>
    /// <param name="outcome">One of the contract's outcomes, in snake_case.</param>
    /// <param name="status">The HTTP status that the caller got.</param>
    /// <param name="streamed">Whether it was a stream.</param>
    /// <param name="duration">From its arrival to its end.</param>
    /// <param name="overhead">What of that the gateway itself took.</param>
    public void RequestEnded(string endpoint, string model, string provider, string outcome, int status, bool streamed, TimeSpan duration, TimeSpan overhead)
    {
        _calls.RequestEnded(endpoint, model, provider, outcome, StatusLabel.Of(status));
        var endpointTag = new KeyValuePair<string, object?>("endpoint", endpoint);
        _duration.Record(duration.TotalSeconds, endpointTag, new("stream", streamed ? "true" : "false"));
        _overhead.Record(Math.Max(0, overhead.TotalSeconds), endpointTag);
    }

    /// <summary>Counts what a call used. Cached tokens are part of the input, reasoning tokens part of the output.</summary>
    public void TokensUsed(string model, string provider, string source, long input, long output, long cached, long reasoning)
    {
        _calls.TokensUsed(model, provider, source, "input", input);
        _calls.TokensUsed(model, provider, source, "output", output);
        _calls.TokensUsed(model, provider, source, "cached", cached);
        _calls.TokensUsed(model, provider, source, "reasoning", reasoning);
    }

    /// <summary>For streams only: an answer in one piece has no first token, and its duration would ruin the percentile.</summary>
    public void FirstToken(string model, string provider, TimeSpan wait) =>
        _firstToken.Record(wait.TotalSeconds, new("model", model), new("provider", provider));

    /// <summary>Counts a stream as open until the answer is disposed of.</summary>
    public OpenStream OpenStream()
    {
        _streams.Add(1);
        return new OpenStream(_streams);
    }

    /// <param name="provider">Who was called.</param>
    /// <param name="result"><see cref="AttemptResult"/>'s words.</param>
    public void AttemptEnded(string provider, string result) => _calls.AttemptsEnded(provider, result, 1);

    /// <param name="provider">Who was called.</param>
    /// <param name="kind"><see cref="UpstreamErrorKind"/>'s words.</param>
    public void UpstreamFailed(string provider, string kind) => _upstreamErrors.Add(1, new("provider", provider), new("kind", kind));

    /// <param name="store">Such as <c>database</c>.</param>
    /// <param name="operation">Such as <c>read</c> or <c>write</c>.</param>
    /// <param name="duration">How long it took.</param>
    public void StoreCalled(string store, string operation, TimeSpan duration) =>
        _storeDuration.Record(duration.TotalSeconds, new("store", store), new("operation", operation));

    /// <summary>Shows a store's health. The callback runs in the scrape: it reads a field, never the store.</summary>
    public void WatchStore(string store, Func<bool> isHealthy)
    {
        lock (_watching)
        {
            _stores = [.. _stores.Where(watched => watched.Store != store), (store, isHealthy)];
        }
    }

    /// <summary>Shows the targets' health. The callback runs in the scrape: it reads what is in memory.</summary>
    public void WatchTargets(Func<IEnumerable<(string Provider, string Model, bool IsHealthy)>> targets) => _targets = targets;

    /// <param name="result"><see cref="ReloadResult"/>'s words.</param>
    public void SettingsReloaded(string result)
    {
        _settingsRefused = result == ReloadResult.Refused;
        _reloads.Add(1, new KeyValuePair<string, object?>("result", result));
    }

    /// <param name="result"><see cref="WebhookResult"/>'s words.</param>
    public void WebhookCalled(string result) => _webhooks.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <summary>Shows the ledger's queue. The callback runs in the scrape: it reads a field, never the store.</summary>
    public void WatchLedgerQueue(Func<long> rows) => _ledgerQueueRows = rows;

    /// <param name="unit">The limit's unit.</param>
    /// <param name="per">Its window.</param>
    /// <param name="scope">Whose it is: <c>key</c> or <c>team</c>.</param>
    public void Denied(string unit, string per, string scope) => _denied.Add(1, new("unit", unit), new("per", per), new("scope", scope));

    /// <inheritdoc cref="Denied"/>
    public void WouldDeny(string unit, string per, string scope) => _wouldDeny.Add(1, new("unit", unit), new("per", per), new("scope", scope));

    /// <summary>Counts what a provider reported beyond the reservation; anything else is no overrun.</summary>
    public void ReservationOverrun(string provider, long tokens)
    {
        if (tokens > 0)
        {
            _overrun.Add(tokens, new KeyValuePair<string, object?>("provider", provider));
        }
    }

    public void Spent(string model, string provider, string? team, long microDollars)
    {
        _calls.Spent(model, provider, microDollars);
        _teams?.Spent(team, microDollars);
    }

    public void NotPriced(string model, long tokens) => _calls.NotPriced(model, tokens);

    /// <param name="reason">One of the prompt log's words.</param>
    /// <param name="records">How many were dropped; 0 begins the series, so that the first shows as an increase.</param>
    public void LogDropped(string reason, long records) => _logDropped.Add(records, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Shows what running calls hold. The callback runs in the scrape: it adds up what is in memory.</summary>
    public void WatchReserved(Func<long> tokens) => _reservedTokens = tokens;

    /// <summary>Shows how far counters and ledger are apart, and how many limits are nearly used up. The callbacks run in the scrape: they read fields.</summary>
    public void WatchLimits(Func<long> drift, Func<IEnumerable<(string Scope, string Band, int Limits)>> near) => (_drift, _near) = (drift, near);

    /// <summary>Begins the error series of these providers at 0: a series that first appears at 1 shows no increase, so its first error would alert nobody.</summary>
    public void Announce(IEnumerable<string> providers)
    {
        _streams.Add(0);
        foreach (string result in ReloadResult.All)
        {
            _reloads.Add(0, new KeyValuePair<string, object?>("result", result));
        }

        foreach (string result in WebhookResult.All)
        {
            _webhooks.Add(0, new KeyValuePair<string, object?>("result", result));
        }

        foreach (string provider in providers)
        {
            foreach (string kind in UpstreamErrorKind.All)
            {
                _upstreamErrors.Add(0, new("provider", provider), new("kind", kind));
            }

            foreach (string result in AttemptResult.All)
            {
                _calls.AttemptsEnded(provider, result, 0);
            }

            _overrun.Add(0, new KeyValuePair<string, object?>("provider", provider));
        }
    }

    private IEnumerable<Measurement<int>> StoresHealthy() =>
        _stores.Select(watched => new Measurement<int>(watched.IsHealthy() ? 1 : 0, new KeyValuePair<string, object?>("store", watched.Store)));

    private IEnumerable<Measurement<int>> TargetsHealthy() =>
        (_targets?.Invoke() ?? []).Select(target => new Measurement<int>(target.IsHealthy ? 1 : 0, new("provider", target.Provider), new("model", target.Model)));

    private IEnumerable<Measurement<long>> LedgerQueueRows() => _ledgerQueueRows is { } rows ? [new Measurement<long>(rows())] : [];

    private IEnumerable<Measurement<long>> ReservedTokens() => _reservedTokens is { } tokens ? [new Measurement<long>(tokens())] : [];

    private IEnumerable<Measurement<long>> Drift() => _drift is { } drift ? [new Measurement<long>(drift())] : [];

    private IEnumerable<Measurement<int>> LimitsNear() =>
        (_near?.Invoke() ?? []).Select(near => new Measurement<int>(near.Limits, new("scope", near.Scope), new("band", near.Band)));

    private static Histogram<double> Seconds(Meter meter, string name, string description, double[] buckets) =>
        meter.CreateHistogram(name, "s", description, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });
}
