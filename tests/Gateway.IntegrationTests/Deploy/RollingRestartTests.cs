using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Deploy;

/// <summary>A new version is rolled out one replica after the other, at full work: nobody who calls notices.</summary>
[Collection(Alone.Name)]
public sealed class RollingRestartTests : IAsyncLifetime
{
    /// <summary>Open at the same time, half of them when each replica stops.</summary>
    private const int Streams = 200;

    private const int Events = 20;

    private readonly RedisServer _redis = new();
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _redis.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Behind_nginx_no_stream_is_lost_no_call_is_refused_and_sums_are_exact()
    {
        using var database = PostgresDatabase.Create();
        await using var upstream = FakeUpstream.Start(StreamAsync);
        var settings = Settings(upstream, database);
        Uri[] addresses = [new(GatewayProcess.FreeAddress()), new(GatewayProcess.FreeAddress())];
        GatewayProcess[] replicas = [Launch(0, addresses, settings), Launch(1, addresses, settings)];
        try
        {
            await Task.WhenAll(replicas.Select(replica => replica.ReadyAsync()));
            await using var nginx = NginxServer.Start(addresses[0], addresses[1]);
            using var caller = await NewCallerAsync(addresses[0], nginx.Address);
            await Eventually.IsTrueAsync(async () => await ListensAsync(caller), TimeSpan.FromSeconds(10), Cancel);

            var streams = Enumerable.Range(0, Streams).Select(_ => ReadAsync(caller)).ToList();
            await Eventually.IsTrueAsync(() => new(upstream.Calls.Count >= Streams), TimeSpan.FromSeconds(30), Cancel);
            for (var i = 0; i < replicas.Length; i++)
            {
                replicas[i].Terminate();
                var ended = replicas[i].ExitCodeAsync(TimeSpan.FromSeconds(40));
                do
                {
                    // Calls that come while it drains are served by the other one.
                    streams.AddRange(Enumerable.Range(0, 5).Select(_ => ReadAsync(caller)));
                    await Task.WhenAny(ended, streams[^1]);
                }
                while (!ended.IsCompleted);

                Assert.Equal(0, await ended);
                await replicas[i].DisposeAsync();
                replicas[i] = Launch(i, addresses, settings);
                await replicas[i].ReadyAsync();
            }

            Assert.All(await Task.WhenAll(streams), answer => Assert.Equal((HttpStatusCode.OK, Events, true), answer));
            await Eventually.IsTrueAsync(() => new(Sql.Scalar(database.ConnectionString, "select count(*) from reservations") is 0L), TimeSpan.FromSeconds(20), Cancel);
            var rows = (long)(Sql.Scalar(database.ConnectionString, "select count(*) from requests where status = 200") ?? 0L);
            Assert.Equal(streams.Count, rows);
            Assert.Equal(streams.Count * 28L, Sql.Scalar(database.ConnectionString, "select sum(input_tokens + output_tokens) from requests"));
            await Eventually.IsTrueAsync(async () => await UsedAsync(caller) == (streams.Count * 28L, 0), TimeSpan.FromSeconds(20), Cancel);
            Assert.Equal(streams.Count, upstream.Calls.Count);
        }
        finally
        {
            await Task.WhenAll(replicas.Select(replica => replica.DisposeAsync().AsTask()));
        }
    }

    private static async Task StreamAsync(UpstreamCall call)
    {
        await call.BeginChunkedAsync("text/event-stream");
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        for (var i = 0; i < Events; i++)
        {
            await call.ChunkAsync("""data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"word "}}]}""" + "\n\n");
            await pace.WaitForNextTickAsync();
        }

        await call.ChunkAsync("""data: {"id":"c","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":8,"completion_tokens":20,"total_tokens":28}}""" + "\n\ndata: [DONE]\n\n");
        await call.EndChunksAsync();
    }

    private string[] Settings(FakeUpstream upstream, PostgresDatabase database) =>
    [
        .. database.Settings, $"--Gateway:Redis:Configuration={_redis.Address}", $"--Gateway:AdminKey={GatewayHost.AdminKey}", $"--Gateway:DataDirectory={_folder.Path}",
        $"--Gateway:Providers:fake:BaseUrl={upstream.BaseUrl}", "--Gateway:Models:0:Name=gpt-4o", "--Gateway:Models:0:Targets:0:Provider=fake", "--Gateway:Models:0:Targets:0:Model=gpt-4o",
    ];

    private GatewayProcess Launch(int replica, Uri[] addresses, string[] settings) =>
        GatewayProcess.Launch(_folder.Path, new Dictionary<string, string> { ["ASPNETCORE_URLS"] = addresses[replica].ToString() }, settings);

    private static async Task<HttpClient> NewCallerAsync(Uri gateway, Uri nginx)
    {
        using var admin = new HttpClient { BaseAddress = gateway, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", GatewayHost.AdminKey) } };
        using var made = await admin.CallAsync("""{"name":"k","limits":[{"unit":"tokens","limit":100000000,"per":"day"}]}""", "/admin/keys", Cancel);
        var key = JsonSerializer.Deserialize<JsonElement>(await made.Content.ReadAsStringAsync(Cancel)).GetProperty("key").GetString();
        return new HttpClient { BaseAddress = nginx, Timeout = TimeSpan.FromSeconds(60), DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
    }

    private static async Task<bool> ListensAsync(HttpClient caller)
    {
        try
        {
            using var response = await caller.GetAsync(new Uri("/health/live", UriKind.Relative), Cancel);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<(HttpStatusCode Status, int Events, bool Ended)> ReadAsync(HttpClient caller)
    {
        using var response = await caller.CallAsync(Caller.ChatStream, cancel: Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        return (response.StatusCode, text.Split("word ").Length - 1, text.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal));
    }

    private static async Task<(long Used, long Reserved)> UsedAsync(HttpClient caller)
    {
        var limit = JsonSerializer.Deserialize<JsonElement>(await caller.GetStringAsync(new Uri("/v1/key", UriKind.Relative), Cancel)).GetProperty("limits")[0];
        return (limit.GetProperty("used").GetInt64(), limit.GetProperty("reserved").GetInt64());
    }
}
