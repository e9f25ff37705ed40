using Gateway.Quotas;
using StackExchange.Redis;
using Xunit;

namespace Gateway.IntegrationTests.Quotas;

/// <summary>Short forms that tests of the counters share.</summary>
internal static class QuotaWorld
{
    public const string ClockKey = "test-clock";
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);
    public static readonly QuotaCalendar Utc = new(TimeZoneInfo.Utc);

    public static Charge OneRequest { get; } = new(10, 20, 1, 300);

    public static Limit LimitOf(LimitUnit unit, LimitPeriod per, long amount, LimitMode mode = LimitMode.Hard, string? model = null) =>
        new(LimitScope.Team, "team_1", unit, per, model, mode, amount);

    /// <summary>The script with its one line that reads the time replaced, so that a test's clock drives it.</summary>
    public static QuotaScript OnTestClock()
    {
        var lines = QuotaScript.Load().Text.Split('\n');
        var clock = Assert.Single(lines, line => line.EndsWith("--@CLOCK", StringComparison.Ordinal));
        return new(string.Join('\n', lines.Select(line => line == clock ? $"local now = tonumber(call('GET', '{ClockKey}'))" : line)));
    }

    public static RedisQuotaStore StoreOn(IConnectionMultiplexer redis, QuotaScript? script = null, TimeProvider? time = null) =>
        new(new RedisScriptRunner(redis, script ?? QuotaScript.Load(), new RedisBreaker(TimeProvider.System)), Utc, time ?? TimeProvider.System);

    public static async Task OpenAsync(IQuotaStore store, QuotaShard shard, QuotaSnapshot? ledger = null)
    {
        Assert.True(Value(await store.BeginRebuildAsync(shard, CancellationToken.None)));
        Assert.True(Value(await store.LoadAsync(shard, ledger ?? new([], []), CancellationToken.None)));
        Assert.True(Value(await store.ActivateAsync(shard, CancellationToken.None)));
    }

    public static T Value<T>(QuotaReply<T> reply)
        where T : notnull
    {
        Assert.True(reply.TryGet(out var value, out var failure), failure?.ToString());
        return value;
    }

    public static StoreFailureKind? FailureOf<T>(QuotaReply<T> reply)
        where T : notnull => reply.TryGet(out _, out var failure) ? null : failure.Kind;

    /// <summary>What happened, in a form that two stores' answers can be compared in.</summary>
    public static string Describe<T>(QuotaReply<T> reply)
        where T : notnull
    {
        if (!reply.TryGet(out var value, out var failure))
        {
            return $"failed: {failure.Kind} {failure.CurrentEpoch}{(failure.IsFenced ? "" : failure.Detail)}";
        }

        return value switch
        {
            ReserveAnswer.Admitted admitted => $"admitted {Describe(admitted.Figures)}",
            ReserveAnswer.Refused refused => $"refused {refused.RetryAfter} {Describe(refused.Figures)}",
            IReadOnlyList<LimitFigure> figures => Describe(figures),
            IReadOnlyList<ReservationState> states => string.Join(' ', states),
            SweepAnswer sweep => $"swept {sweep.Swept}: {string.Join(' ', sweep.Unreconciled)}",
            _ => $"{value}",
        };
    }

    private static string Describe(IEnumerable<LimitFigure> figures) =>
        string.Join("; ", figures.Select(figure => $"{figure.Limit.ScriptCode} {figure.Verdict} {figure.Counted} {figure.Reserved} {figure.Window} {figure.ResetsAt:O}"));
}
