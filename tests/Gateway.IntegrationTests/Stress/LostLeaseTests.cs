using System.Net;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Stress;

/// <summary>A gateway that stood still for longer than its lease, as a frozen machine does.</summary>
public sealed class LostLeaseTests : IAsyncLifetime
{
    private const string Stream = """{"model":"gpt-4o","stream":true,"max_completion_tokens":50,"messages":[{"role":"user","content":"Hello"}]}""";
    private readonly RedisServer _redis = new();
    private readonly TaskCompletionSource _mayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _redis.InitializeAsync();

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task Its_call_that_counts_among_those_at_once_is_stopped_and_its_other_calls_go_on()
    {
        using var database = PostgresDatabase.Create();
        var gone = 0;
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync("text/event-stream");
            await call.ChunkAsync("data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n");
            if (await Task.WhenAny(_mayEnd.Task, call.GoneAsync(Cancel)) != _mayEnd.Task)
            {
                Interlocked.Increment(ref gone);
                return;
            }

            await call.ChunkAsync("data: [DONE]\n\n");
            await call.EndChunksAsync();
        });
        await using var fleet = new Fleet(2, upstream.BaseUrl, database.Settings, _redis.Address);
        await fleet.StartAsync();
        var placed = await KeyAsync(fleet, """{"name":"placed","limits":[{"unit":"concurrent","limit":1},{"unit":"tokens","limit":100000,"per":"day"}]}""");
        var counted = await KeyAsync(fleet, """{"name":"counted","limits":[{"unit":"tokens","limit":100000,"per":"day"}]}""");
        using var placedFirst = fleet.Client(0, placed);
        using var countedFirst = fleet.Client(0, counted);
        using var placedSecond = fleet.Client(1, placed);
        using var stopped = await placedFirst.CallAsync(Stream, cancel: Cancel);
        using var goesOn = await countedFirst.CallAsync(Stream, cancel: Cancel);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (stopped.StatusCode, goesOn.StatusCode));
        using (var refused = await placedSecond.CallAsync(Stream, cancel: Cancel))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        }

        fleet.Pause(0);
        HttpResponseMessage? next = null;
        await Eventually.IsTrueAsync(
            async () =>
            {
                next?.Dispose();
                next = await placedSecond.CallAsync(Stream, cancel: Cancel);
                return next.StatusCode == HttpStatusCode.OK;
            },
            TimeSpan.FromSeconds(60),
            Cancel);
        fleet.Resume(0);

        await Assert.ThrowsAnyAsync<Exception>(() => stopped.Content.ReadAsStringAsync(Cancel));
        await Eventually.IsTrueAsync(() => ValueTask.FromResult(Volatile.Read(ref gone) == 1), TimeSpan.FromSeconds(20), Cancel);
        _mayEnd.SetResult();
        Assert.EndsWith("[DONE]\n\n", await goesOn.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        next?.Dispose();
        using var admin = fleet.Client(0, GatewayHost.AdminKey);
        // The other gateway has written that its lease ran out; its own word, the prompt as it counts and the one token that had come, takes that row's place.
        await Eventually.IsTrueAsync(
            async () => await GatewayHost.RowAsync(admin, stopped.RequestId()) is var row
                && (row.GetProperty("outcome").GetString(), row.GetProperty("input_tokens").GetInt32(), row.GetProperty("output_tokens").GetInt32()) == ("timed_out", 8, 1),
            TimeSpan.FromSeconds(30),
            Cancel);
        Assert.Equal("completed", (await GatewayHost.RowAsync(admin, goesOn.RequestId())).GetProperty("outcome").GetString());
    }

    private static async Task<string> KeyAsync(Fleet fleet, string body) => (await fleet.MakeAsync("/admin/keys", body)).GetProperty("key").GetString() ?? "";
}
