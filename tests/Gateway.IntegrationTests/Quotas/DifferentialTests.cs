using Gateway.IntegrationTests.Infrastructure;
using Gateway.Quotas;
using StackExchange.Redis;
using Xunit;

namespace Gateway.IntegrationTests.Quotas;

/// <summary>The script and its twin, side by side under random operations on one clock: every answer and every counter must agree.</summary>
public sealed class DifferentialTests(RedisServer server) : IClassFixture<RedisServer>
{
    private const int Operations = 4_000;
    private const int CompareCountersEvery = 50;
    private static readonly DateTimeOffset Start = new(2028, 2, 28, 22, 30, 0, TimeSpan.Zero);

    [Theory(Timeout = 60_000)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(12)]
    public async Task Script_and_twin_give_the_same_answers_and_keep_the_same_counters(int seed)
    {
        await using var redis = await server.ConnectAsync();
        var database = redis.GetDatabase(0);
        var clock = new SteppingClock(Start);
        // The gateway that talks to Redis has a clock of its own, minutes off: Redis' time must decide the windows.
        var gatewayClock = new SteppingClock(Start + TimeSpan.FromMinutes((seed % 3) - 1));
        var script = StoreOnClockOf(redis, seed, gatewayClock);
        var twin = new EmbeddedQuotaStore(QuotaWorld.Utc, clock);
        var shard = new QuotaShard($"team_{seed}", 1);
        var operations = new RandomOperations(seed, clock);
        var history = new List<string>();

        for (var i = 0; i < Operations; i++)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            var step = operations.Next();
            gatewayClock.Advance(step.Passes);
            clock.Advance(step.Passes);
            await database.StringSetAsync($"{QuotaWorld.ClockKey}:{seed}", clock.GetUtcNow().ToUnixTimeMilliseconds());
            if (step.NewEpoch)
            {
                shard = shard with { Epoch = shard.Epoch + 1 };
            }

            var ofTwin = await step.Run(twin, shard);
            var ofScript = await step.Run(script, shard);
            history.Add($"{step.Name} -> {ofTwin}");
            operations.Learn(step, ofTwin);
            Assert.True(ofTwin == ofScript, $"seed {seed}, operation {i}, {step.Name}\nscript {ofScript}\ntwin   {ofTwin}\n{string.Join('\n', history.TakeLast(5))}");
            if (i % CompareCountersEvery == 0 || i == Operations - 1)
            {
                Assert.Equal(CountersOf(twin, shard), await CountersOfAsync(database, shard));
            }
        }

        Assert.True(operations.SawEverything, operations.Seen);
    }

    private static RedisQuotaStore StoreOnClockOf(IConnectionMultiplexer redis, int seed, TimeProvider time) =>
        QuotaWorld.StoreOn(redis, new(QuotaWorld.OnTestClock().Text.Replace(QuotaWorld.ClockKey, $"{QuotaWorld.ClockKey}:{seed}", StringComparison.Ordinal)), time);

    /// <summary>All counters but zeroes of sums: the script writes those it has touched, the twin has them all.</summary>
    private static SortedDictionary<string, long> CountersOf(EmbeddedQuotaStore twin, QuotaShard shard)
    {
        var all = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (id, counter) in twin.StateOf(shard.Tag).Counters)
        {
            foreach (var (window, counted) in counter.Windows)
            {
                all[$"{id}|{window}"] = counted;
            }

            all[$"{id}|r"] = counter.Held;
            all[$"{id}|s"] = counter.Sum;
            all[$"{id}|o"] = counter.Oldest ?? 0;
        }

        return WithoutZeroSums(all);
    }

    private static async Task<SortedDictionary<string, long>> CountersOfAsync(IDatabase database, QuotaShard shard)
    {
        var fields = await database.HashGetAllAsync($"gw:{{{shard.Tag}}}:c");
        return WithoutZeroSums(new(
            fields.Where(field => !field.Name.StartsWith("!")).ToDictionary(field => field.Name.ToString(), field => (long)field.Value),
            StringComparer.Ordinal));
    }

    private static SortedDictionary<string, long> WithoutZeroSums(SortedDictionary<string, long> all) =>
        new(all.Where(field => field.Value != 0 || char.IsAsciiDigit(field.Key[^1])).ToDictionary(), StringComparer.Ordinal);
}
