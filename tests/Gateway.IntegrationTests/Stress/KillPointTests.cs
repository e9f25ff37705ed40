using System.Net;
using System.Net.Sockets;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Xunit;
using static Gateway.IntegrationTests.Stress.LoneGateway;

namespace Gateway.IntegrationTests.Stress;

/// <summary>
/// kill -9 at each point between reserving and settling, on files and on PostgreSQL with Redis. The points are found by holding what the gateway
/// waits for there: the database's lock, Redis, the provider. After the next start nothing is held, nothing is free that was spent, nothing counts twice.
/// </summary>
public abstract class KillPointTests(bool isShared)
{
    private const string Chunk = "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n";
    private const string Usage = "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"choices\":[],\"usage\":{\"prompt_tokens\":8,\"completion_tokens\":2,\"total_tokens\":10}}\n\ndata: [DONE]\n\n";

    private readonly TaskCompletionSource _mayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_with_the_counters_charged_and_no_row_committed_a_call_costs_nothing()
    {
        await using var upstream = Upstream();
        await using var gateway = await StartAsync(upstream);
        Task<HttpResponseMessage> call;
        await using (Sql.HoldWriteLock(gateway.Database))
        {
            call = gateway.CallAsync();
            // It is on its way already, and its answer waits for the commit.
            await UntilAsync(() => upstream.Calls.Count == 1);
            await gateway.KillAsync();
            await IsCutAsync(call);
        }

        await gateway.RestartAsync();

        await gateway.SettledAsync();
        Assert.Equal(0, gateway.Rows());
    }

    [Fact]
    public async Task Killed_with_the_row_committed_and_nothing_forwarded_a_call_costs_what_it_reserved()
    {
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(0);
        // Nobody accepts, and these take all places of those who may wait: who comes now is not even connected.
        var waiting = Enumerable.Range(0, 4).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false }).ToList();
        var address = (IPEndPoint)(full.LocalEndPoint ?? throw new InvalidOperationException("It is bound."));
        waiting.ForEach(socket => Connect(socket, address));
        await using var gateway = await LoneGateway.StartAsync($"http://{address}/v1", isShared, "--Gateway:Quotas:Strict=true", "--Gateway:Timeouts:ConnectSeconds=60");
        var call = gateway.CallAsync();
        await UntilAsync(() => gateway.Held() == 1);

        await gateway.KillAsync();
        await IsCutAsync(call);
        await gateway.RestartAsync();

        await SettledAsReservedAsync(gateway);
        waiting.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task Killed_while_streaming_a_call_costs_what_it_reserved()
    {
        await using var upstream = Upstream();
        await using var gateway = await StartAsync(upstream);
        using var response = await gateway.CallAsync();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        await gateway.KillAsync();
        await gateway.RestartAsync();

        await SettledAsReservedAsync(gateway);
    }

    [Fact]
    public async Task Killed_after_the_answer_and_before_the_settlement_is_committed_a_call_costs_what_it_reserved()
    {
        await using var upstream = Upstream();
        await using var gateway = await StartAsync(upstream);
        using var response = await gateway.CallAsync();
        await using (Sql.HoldWriteLock(gateway.Database))
        {
            _mayEnd.SetResult();
            Assert.EndsWith("[DONE]\n\n", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
            await gateway.KillAsync();
        }

        await gateway.RestartAsync();

        await SettledAsReservedAsync(gateway);
    }

    [Fact]
    public async Task Killed_with_the_settlement_committed_and_the_counters_unaware_a_call_costs_what_it_used()
    {
        await using var upstream = Upstream();
        await using var gateway = await StartAsync(upstream);
        using var response = await gateway.CallAsync();
        gateway.Redis?.Pause();
        _mayEnd.SetResult();
        await response.Content.ReadAsStringAsync(Cancel);
        await UntilAsync(() => gateway.Rows() == 1);
        await gateway.KillAsync();
        gateway.Redis?.Resume();

        await gateway.RestartAsync();

        await gateway.SettledAsync();
        Assert.Equal(10, gateway.Number("select sum(input_tokens + output_tokens) from requests"));
        Assert.Equal(1, gateway.Rows("outcome = 0"));
    }

    [Fact]
    public async Task Told_to_stop_with_calls_running_it_leaves_nothing_held()
    {
        await using var upstream = Upstream();
        await using var gateway = await StartAsync(upstream);
        using var first = await gateway.CallAsync();
        using var second = await gateway.CallAsync();

        gateway.Process.Terminate();
        await gateway.Process.ExitCodeAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(0, gateway.Number("select count(*) from reservations where stage = 0"));
        Assert.Equal(2, gateway.Rows());
        Assert.Equal(0, gateway.Rows("outcome = 7"));
        await gateway.Process.DisposeAsync();
        await gateway.RestartAsync();
        Assert.Equal(0, gateway.Rows("outcome = 7"));
        await UntilAsync(() => gateway.Held() == 0);
    }

    private static void Connect(Socket socket, IPEndPoint address)
    {
        try
        {
            socket.Connect(address);
        }
        catch (SocketException begun) when (begun.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // It waits for its turn.
        }
    }

    private static async Task IsCutAsync(Task<HttpResponseMessage> call) => await Assert.ThrowsAnyAsync<HttpRequestException>(() => call);

    private static async Task SettledAsReservedAsync(LoneGateway gateway)
    {
        await gateway.SettledAsync();
        Assert.Equal(1, gateway.Rows());
        Assert.Equal(1, gateway.Rows($"outcome = 7 and output_tokens = {Cap} and input_tokens >= 8"));
    }

    private Task<LoneGateway> StartAsync(FakeUpstream upstream) => LoneGateway.StartAsync(upstream.BaseUrl, isShared);

    /// <summary>Begins its answer, and holds it until it may end.</summary>
    private FakeUpstream Upstream() => FakeUpstream.Start(async call =>
    {
        await call.BeginChunkedAsync("text/event-stream");
        await call.ChunkAsync(Chunk);
        await Task.WhenAny(_mayEnd.Task, call.GoneAsync(Cancel));
        await call.ChunkAsync(Usage);
        await call.EndChunksAsync();
    });
}
