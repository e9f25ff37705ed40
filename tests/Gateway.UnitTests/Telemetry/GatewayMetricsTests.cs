using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Gateway.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.UnitTests.Telemetry;

public sealed class GatewayMetricsTests : IDisposable
{
    private readonly ServiceProvider _services = Build("both");
    private readonly MeterListener _listener = new();
    private readonly SortedDictionary<string, string> _seen = new(StringComparer.Ordinal);
    private readonly HashSet<string> _teams = [];
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
        using ServiceProvider services = Build("both");
        GatewayMetrics metrics = services.GetRequiredService<GatewayMetrics>();
        // The first begins the series, the second is the first to find them.
        Count(metrics);
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

    [Theory]
    [InlineData("a", true, false)]
    [InlineData("b", false, true)]
    [InlineData("both", true, true)]
    [InlineData("off", false, false)]
    public void Settings_choose_among_OpenTelemetrys_names(string names, bool a, bool b)
    {
        using ServiceProvider services = Build(names);
        IMeterFactory factory = services.GetRequiredService<IMeterFactory>();
        var published = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, factory))
            {
                published.Add(instrument.Name);
            }
        };
        listener.Start();
        services.GetRequiredService<GatewayMetrics>();

        Assert.Equal(a, published.Contains("gen_ai.server.request.duration"));
        Assert.Equal(b, published.Contains("gen_ai.client.inference.duration"));
    }

    [Fact]
    public void More_than_a_hundred_teams_share_one_series()
    {
        for (int i = 0; i < 300; i++)
        {
            _metrics.Spent("m", "p", $"team_{i}", 1);
        }

        Assert.Equal(101, _teams.Count);
        Assert.Contains("other", _teams);
    }

    private static ServiceProvider Build(string names) => new ServiceCollection()
        .AddMetrics().AddOptions().Configure<MetricsOptions>(options => (options.GenAi, options.Teams) = (names, true)).AddSingleton<GatewayMetrics>().BuildServiceProvider();

    private static void Count(GatewayMetrics metrics)
    {
        metrics.GenAi.CallEnded("chat", "p", "m", "timed_out", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        metrics.GenAi.TokensUsed("chat", "p", "m", true, 1, 2, 3, 4);
        metrics.RequestEnded("chat/completions", "m", "p", "completed", 200, true, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(1));
        metrics.TokensUsed("m", "p", "provider", 1, 2, 3, 4);
        metrics.FirstToken("m", "p", TimeSpan.FromSeconds(1));
        metrics.AttemptEnded("p", AttemptResult.Answered);
        metrics.UpstreamFailed("p", UpstreamErrorKind.Cut);
        metrics.OpenStream().Dispose();
        metrics.Denied("tokens", "day", "key");
        metrics.WouldDeny("tokens", "day", "key");
        metrics.ReservationOverrun("p", 3);
        metrics.Spent("m", "p", "team_1", 1_000);
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
        _metrics.WatchLimits(() => 9, () => [("key", "80", 1)]);
        _metrics.WatchTargets(() => [("p", "m", true)]);
    }

    private void Note(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var names = new List<string>();
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            names.Add(tag.Key);
            if (tag.Key == "team")
            {
                _teams.Add($"{tag.Value}");
            }
        }

        string kind = instrument.GetType().Name.Split('`')[0];
        string buckets = instrument switch
        {
            Histogram<double> histogram => $" [{string.Join(' ', histogram.Advice?.HistogramBucketBoundaries ?? [])}]",
            Histogram<long> histogram => $" [{string.Join(' ', histogram.Advice?.HistogramBucketBoundaries ?? [])}]",
            _ => "",
        };
        _seen[instrument.Name] = $"{instrument.Name} {kind} {(instrument.Unit ?? "-")} {{{string.Join(',', names)}}}{buckets}";
    }

    private static string GoldenPath([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(here)) ?? "", "Golden", "metrics.txt");
}
