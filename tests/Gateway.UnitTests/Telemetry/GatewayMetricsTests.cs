using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Gateway.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.UnitTests.Telemetry;

public sealed class GatewayMetricsTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton<GatewayMetrics>().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private readonly SortedDictionary<string, string> _seen = new(StringComparer.Ordinal);
    private readonly GatewayMetrics _metrics;

    public GatewayMetricsTests()
    {
        // By the factory's own scope, since other tests run beside this one and have meters of the same name.
        IMeterFactory factory = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, factory))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Note(instrument, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, _, tags, _) => Note(instrument, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Note(instrument, tags));
        _listener.Start();
        _metrics = _services.GetRequiredService<GatewayMetrics>();
    }

    [Fact]
    public void Names_kinds_units_and_tags_are_those_of_the_golden_file()
    {
        UseEverything();
        _listener.RecordObservableInstruments();

        string[] golden = File.ReadAllLines(GoldenPath());
        Assert.Equal(golden, _seen.Values);
    }

    [Fact]
    public void Counting_a_call_allocates_nothing_when_nobody_listens()
    {
        using ServiceProvider services = new ServiceCollection().AddMetrics().AddSingleton<GatewayMetrics>().BuildServiceProvider();
        GatewayMetrics metrics = services.GetRequiredService<GatewayMetrics>();
        Count(metrics);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 100; i++)
        {
            Count(metrics);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData(200, "200")]
    [InlineData(429, "429")]
    [InlineData(499, "499")]
    [InlineData(418, "4xx")]
    [InlineData(599, "5xx")]
    [InlineData(302, "3xx")]
    [InlineData(0, "other")]
    [InlineData(1000, "other")]
    public void A_status_is_one_of_a_closed_set(int status, string label) => Assert.Equal(label, StatusLabel.Of(status));

    [Theory]
    [InlineData(401, "auth")]
    [InlineData(403, "auth")]
    [InlineData(404, "http_4xx")]
    [InlineData(429, "http_429")]
    [InlineData(503, "http_5xx")]
    [InlineData(200, null)]
    public void An_upstreams_error_status_has_a_kind(int status, string? kind) => Assert.Equal(kind, UpstreamErrorKind.Of(status));

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }

    private static void Count(GatewayMetrics metrics)
    {
        metrics.RequestEnded("chat/completions", "m", "p", "completed", 200, true, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(1));
        metrics.TokensUsed("m", "p", "provider", 1, 2, 3, 4);
        metrics.FirstToken("m", "p", TimeSpan.FromSeconds(1));
        metrics.AttemptEnded("p", AttemptResult.Answered);
        metrics.UpstreamFailed("p", UpstreamErrorKind.Cut);
        metrics.OpenStream().Dispose();
        metrics.Denied("tokens", "day", "key");
        metrics.WouldDeny("tokens", "day", "key");
        metrics.ReservationOverrun(3);
        metrics.Spent("m", "p", 1_000);
        metrics.NotPriced("m", 3);
        metrics.SettingsReloaded(ReloadResult.Applied);
        metrics.LogDropped("store", 1);
        metrics.StoreCalled("database", "write", TimeSpan.FromMilliseconds(1));
    }

    private void UseEverything()
    {
        Count(_metrics);
        _metrics.Announce(["p"]);
        _metrics.WatchStore("database", () => true);
        _metrics.WatchLedgerQueue(() => 7);
        _metrics.WatchReserved(() => 8);
        _metrics.WatchTargets(() => [("p", "m", true)]);
    }

    private void Note(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var names = new List<string>();
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            names.Add(tag.Key);
        }

        string kind = instrument.GetType().Name.Split('`')[0];
        string buckets = instrument is Histogram<double> histogram ? $" [{string.Join(' ', histogram.Advice?.HistogramBucketBoundaries ?? [])}]" : "";
        _seen[instrument.Name] = $"{instrument.Name} {kind} {(instrument.Unit ?? "-")} {{{string.Join(',', names)}}}{buckets}";
    }

    private static string GoldenPath([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(here)) ?? "", "Golden", "metrics.txt");
}
