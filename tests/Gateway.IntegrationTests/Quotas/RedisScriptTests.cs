using Gateway.IntegrationTests.Infrastructure;
using Gateway.Quotas;
using StackExchange.Redis;
using Xunit;
using static Gateway.IntegrationTests.Quotas.QuotaWorld;

namespace Gateway.IntegrationTests.Quotas;

/// <summary>What can go wrong between the gateway and the script.</summary>
public sealed class RedisScriptTests(RedisServer server) : IClassFixture<RedisServer>
{
    private const int Timeout = 20_000;
    private static readonly Limit[] Limits = [LimitOf(LimitUnit.Tokens, LimitPeriod.Total, 1_000)];

    [Fact(Timeout = Timeout)]
    public async Task A_server_that_forgot_the_script_is_taught_it_again()
    {
        await using var redis = await server.ConnectAsync();
        var (store, shard) = await OpenAsync(redis);
        await redis.GetServers()[0].ExecuteAsync("SCRIPT", "FLUSH");

        var reply = await store.ReserveAsync(shard, "req_1", Lease, Limits, OneRequest, TestContext.Current.CancellationToken);

        Assert.IsType<ReserveAnswer.Admitted>(Value(reply));
    }

    [Theory(Timeout = Timeout)]
    [InlineData("no-such-operation")]
    [InlineData("reserve", "req_1", "60000", "1", "1", "1", "x", "0123456789abcdef", "Tth", "100", "")]
    [InlineData("reserve", "req_1", "60000", "-1", "1", "1", "1", "0123456789abcdef", "Tth", "100", "")]
    [InlineData("reserve", "req_1", "60000", "9007199254740992", "0", "1", "1", "0123456789abcdef", "Tth", "100", "")]
    [InlineData("reserve", "req_1", "soon", "1", "1", "1", "1", "0123456789abcdef", "Tth", "100", "")]
    [InlineData("reserve", "req_1", "60000", "1", "1", "1", "1", "0123456789abcdef", "Xth", "100", "")]
    [InlineData("reserve", "req_1", "60000", "1", "1", "1", "1", "0123456789abcdef", "Tth", "many", "")]
    [InlineData("reserve", "req_1", "60000", "1", "1", "1", "1", "0123456789abcdef", "Bth", "100", "1:2")]
    [InlineData("settle", "req_1", "1", "1", "1")]
    public async Task Arguments_that_make_no_sense_are_refused_before_anything_is_written(params string[] arguments)
    {
        await using var redis = await server.ConnectAsync();
        var (store, shard) = await OpenAsync(redis);
        var before = await DumpAsync(redis, shard);

        var reply = await new RedisScriptRunner(redis, QuotaScript.Load(), new RedisBreaker(TimeProvider.System))
            .RunAsync(shard, [shard.Epoch, .. arguments.Select(argument => (RedisValue)argument)], TestContext.Current.CancellationToken);

        Assert.Equal("BAD", Value(reply).Word);
        Assert.Equal(before, await DumpAsync(redis, shard));
        Assert.Equal(0, Value(await store.ReadAsync(shard, Limits, TestContext.Current.CancellationToken))[0].Counted);
    }

    [Fact(Timeout = Timeout)]
    public async Task Amounts_up_to_two_to_the_53_stay_exact_and_none_passes_it()
    {
        await using var redis = await server.ConnectAsync();
        var (store, shard) = await OpenAsync(redis);
        Limit[] limits =
        [
            LimitOf(LimitUnit.Tokens, LimitPeriod.Total, Limit.MaxAmount), LimitOf(LimitUnit.Usd, LimitPeriod.Minute, Limit.MaxAmount, LimitMode.Shadow),
        ];
        var cancel = TestContext.Current.CancellationToken;

        await store.ReserveAsync(shard, "req_1", Lease, limits, new(Limit.MaxAmount - 1, 0, 1, Limit.MaxAmount - 1), cancel);
        var second = Value(await store.ReserveAsync(shard, "req_2", Lease, limits, new(1, 0, 1, 1), cancel));
        var third = Value(await store.ReserveAsync(shard, "req_3", Lease, limits, new(0, 0, 1, 1), cancel));

        Assert.All(Assert.IsType<ReserveAnswer.Admitted>(second).Figures, figure => Assert.Equal(Limit.MaxAmount, figure.Counted));
        Assert.Equal([LimitVerdict.Within, LimitVerdict.Refused], Assert.IsType<ReserveAnswer.Refused>(third).Figures.Select(figure => figure.Verdict));
    }

    [Fact(Timeout = Timeout)]
    public async Task A_key_of_another_type_makes_the_store_unavailable_and_nothing_else()
    {
        await using var redis = await server.ConnectAsync();
        var (store, shard) = await OpenAsync(redis);
        await redis.GetDatabase().KeyDeleteAsync($"gw:{{{shard.Tag}}}:c");
        await redis.GetDatabase().StringSetAsync($"gw:{{{shard.Tag}}}:c", "someone else's");

        var reply = await store.ReserveAsync(shard, "req_1", Lease, Limits, OneRequest, TestContext.Current.CancellationToken);

        Assert.Equal(StoreFailureKind.Unavailable, FailureOf(reply));
    }

    [Fact(Timeout = Timeout)]
    public async Task A_server_that_hangs_or_is_gone_is_reported_within_two_seconds_and_used_again_when_it_is_back()
    {
        await using var own = new RedisServer();
        await own.InitializeAsync();
        await using var redis = await own.ConnectAsync();
        await using var admin = await own.ConnectAsync();
        var (store, shard) = await OpenAsync(redis);
        var cancel = TestContext.Current.CancellationToken;

        // It takes the calls and answers only after three seconds: both of the reserve's attempts are performed then, once.
        await admin.GetServers()[0].ExecuteAsync("CLIENT", "PAUSE", "3000");
        var started = TimeProvider.System.GetTimestamp();
        var hanging = await store.ReserveAsync(shard, "req_1", Lease, Limits, OneRequest, cancel);
        var hung = TimeProvider.System.GetElapsedTime(started);
        QuotaReply<ReserveAnswer> again;
        while (FailureOf(again = await store.ReserveAsync(shard, "req_1", Lease, Limits, OneRequest, cancel)) == StoreFailureKind.Unavailable)
        {
            cancel.ThrowIfCancellationRequested();
        }

        Assert.Equal(StoreFailureKind.Unavailable, FailureOf(hanging));
        Assert.InRange(hung, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.True(Value(again) is ReserveAnswer.Admitted or ReserveAnswer.Duplicate { State: ReservationState.Held });
        Assert.Equal(30, Value(await store.ReadAsync(shard, Limits, cancel))[0].Counted);

        await own.KillAsync();
        started = TimeProvider.System.GetTimestamp();
        Assert.Equal(StoreFailureKind.Unavailable, FailureOf(await store.ReserveAsync(shard, "req_2", Lease, Limits, OneRequest, cancel)));
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact(Timeout = Timeout)]
    public async Task A_gateway_whose_clock_is_days_off_reserves_in_the_window_of_the_servers_clock()
    {
        await using var redis = await server.ConnectAsync();
        var shard = new QuotaShard($"team_{Guid.NewGuid():N}", 1);
        var store = StoreOn(redis, time: new SteppingClock(TimeProvider.System.GetUtcNow().AddDays(-40)));
        await QuotaWorld.OpenAsync(store, shard);
        Limit[] limits = [LimitOf(LimitUnit.Requests, LimitPeriod.Day, 1), LimitOf(LimitUnit.Requests, LimitPeriod.Month, 5)];

        var answer = Value(await store.ReserveAsync(shard, "req_1", Lease, limits, OneRequest, TestContext.Current.CancellationToken));

        var figures = Assert.IsType<ReserveAnswer.Admitted>(answer).Figures;
        Assert.All(figures, figure => Assert.True(figure.ResetsAt > TimeProvider.System.GetUtcNow()));
    }

    private static async Task<(RedisQuotaStore Store, QuotaShard Shard)> OpenAsync(ConnectionMultiplexer redis)
    {
        var (store, shard) = (StoreOn(redis), new QuotaShard($"team_{Guid.NewGuid():N}", 1));
        await QuotaWorld.OpenAsync(store, shard);
        return (store, shard);
    }

    private static async Task<string> DumpAsync(ConnectionMultiplexer redis, QuotaShard shard)
    {
        var database = redis.GetDatabase();
        var counters = await database.HashGetAllAsync($"gw:{{{shard.Tag}}}:c");
        return $"{string.Join(' ', counters.OrderBy(field => $"{field.Name}"))} {await database.HashLengthAsync($"gw:{{{shard.Tag}}}:v")} {await database.SortedSetLengthAsync($"gw:{{{shard.Tag}}}:l")}";
    }
}
