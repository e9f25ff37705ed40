using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Providers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.IntegrationTests.Providers;

/// <summary>A provider that was away is asked for its health, where it has a path for that.</summary>
public sealed class HealthProbeTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>In a row: the last pause of these takes hours.</summary>
    private const int Failures = 16;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero));
    private Routing? _routing;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_that_is_back_is_called_again_before_its_pause_is_over()
    {
        var well = false;
        await using var upstream = FakeUpstream.Start(call => call.RespondAsync("{}", Volatile.Read(ref well) ? 200 : 503));
        var (probe, target) = Start(upstream, "/health");
        using var running = probe;
        PauseForLong((target, IsAbsence: true));
        await running.StartAsync(Cancel);

        await TickUntilAsync(() => upstream.Calls.Count > 2);
        Assert.False(target.IsOpen());
        Volatile.Write(ref well, true);
        await TickUntilAsync(target.IsOpen);

        Assert.All(upstream.Calls, call => Assert.Equal("GET /health HTTP/1.1", call.RequestLine));
        Assert.True(target.TryEnter());
        Assert.False(target.TryEnter());
        await running.StopAsync(Cancel);
    }

    [Fact]
    public async Task One_that_answers_with_errors_is_believed_by_its_calls_alone()
    {
        await using var upstream = FakeUpstream.Answering("{}");
        var (probe, target) = Start(upstream, "/health");
        using var running = probe;
        var away = TargetOf("b");
        PauseForLong((target, IsAbsence: false), (away, IsAbsence: true));
        await running.StartAsync(Cancel);

        await TickUntilAsync(away.IsOpen);

        Assert.False(target.IsOpen());
        await running.StopAsync(Cancel);
    }

    public void Dispose() => _routing?.Dispose();

    private (HealthProbe Probe, TargetHealth Target) Start(FakeUpstream upstream, string path)
    {
        var options = new RoutingOptions
        {
            Providers =
            {
                ["a"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, HealthPath = path },
                ["b"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, HealthPath = path },
            },
            EchoModel = false,
        };
        _routing = new Routing(
            new CatalogSource
            {
                ConnectTimeout = TimeSpan.FromSeconds(60),
                Echo = new SocketsHttpHandler(),
                Health = new HealthBounds(TimeSpan.FromHours(10), TimeSpan.FromHours(10)),
                Time = _time,
            },
            options,
            []);
        return (new HealthProbe(_routing, _time, NullLogger<HealthProbe>.Instance), TargetOf("a"));
    }

    private TargetHealth TargetOf(string provider)
    {
        var catalog = _routing?.Current ?? throw new InvalidOperationException("Not started.");
        return catalog.Health.At(catalog.Providers.Single(known => known.Name == provider)).First();
    }

    /// <summary>Each pause is twice as long as the one before, less some jitter: the last of these is longer than a test's ticks.</summary>
    private void PauseForLong(params (TargetHealth Target, bool IsAbsence)[] failing)
    {
        for (var failures = 1; failures <= Failures; failures++)
        {
            foreach (var (target, isAbsence) in failing)
            {
                target.Failed(new TargetFailure(_time.GetUtcNow(), "away", IsAbsence: isAbsence), pauseAtOnce: true, askedFor: null);
            }

            if (failures < Failures)
            {
                _time.Advance(failing.Max(paused => paused.Target.Left()));
                Assert.All(failing, paused => Assert.True(paused.Target.TryEnter()));
            }
        }
    }

    private async Task TickUntilAsync(Func<bool> condition) => await Eventually.IsTrueAsync(
        () =>
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            return new(condition());
        },
        Patience,
        Cancel);
}
