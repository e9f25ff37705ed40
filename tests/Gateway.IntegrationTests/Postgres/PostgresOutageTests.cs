using System.Net;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Npgsql;
using Xunit;

namespace Gateway.IntegrationTests.Postgres;

/// <summary>A whole gateway whose PostgreSQL server stops under load and comes back.</summary>
public sealed class PostgresOutageTests : IAsyncLifetime
{
    private const int Callers = 8;
    private PostgresServer? _server;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private PostgresServer Server => _server ?? throw new InvalidOperationException("The server was started.");

    public async ValueTask InitializeAsync() => _server = await PostgresServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_console_says_that_the_database_is_away_and_is_there_again_with_it()
    {
        var database = PostgresDatabase.Create(Server);
        await using var gateway = await GatewayHost.StartAsync(database.Settings);
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = gateway.Address };
        using var form = new FormUrlEncodedContent([new("key", GatewayHost.AdminKey)]);
        using (var signedIn = await browser.PostAsync(new Uri("/console/signin", UriKind.Relative), form, Cancel))
        {
            Assert.Equal(HttpStatusCode.SeeOther, signedIn.StatusCode);
        }

        await Server.StopAsync();
        using (var away = await browser.GetAsync(new Uri("/console/keys", UriKind.Relative), Cancel))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);
            Assert.Equal("text/html", away.Content.Headers.ContentType?.MediaType);
            Assert.Contains("The database does not answer", await away.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        }

        await Server.ResumeAsync();
        using var back = await browser.GetAsync(new Uri("/console/keys", UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.OK, back.StatusCode);
    }

    [Fact]
    public async Task A_server_that_stops_under_load_means_503_and_when_it_is_back_nothing_is_lost_or_doubled()
    {
        var database = PostgresDatabase.Create(Server);
        await using var upstream = FakeUpstream.Answering(Load.Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream, database.Settings);
        using var limited = await gateway.NewCallerAsync(new { name = "limited", limits = new[] { new { unit = "tokens", limit = 10_000_000, per = "total" } } });
        using var plain = await gateway.NewCallerAsync();
        using (var seen = await plain.CallAsync(Caller.Chat, cancel: Cancel))
        {
            Assert.Equal(HttpStatusCode.OK, seen.StatusCode);
        }

        var load = new Load(limited, Callers);
        await load.ServesAsync(20);
        await Server.StopAsync();

        await load.RefusesAsync("\"store_unavailable\"");
        using (var goesOn = await plain.CallAsync(Caller.Chat, cancel: Cancel))
        {
            Assert.Equal(HttpStatusCode.OK, goesOn.StatusCode);
        }

        using var stranger = gateway.Client("sk-gw-" + new string('a', 43));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(stranger));
        await NotReadyAsync(gateway);

        await Server.ResumeAsync();
        await load.ServesAsync(20);
        await load.StopAsync();

        await SettledAsync(limited);
        var used = (await LimitAsync(limited)).GetProperty("used").GetInt64();
        Assert.Equal(used, (long)(Sql.Scalar(database.ConnectionString, "select sum(input_tokens + output_tokens) from requests where key_id = (select id from keys where name = 'limited')") ?? -1L));
        Assert.Equal(used, (long)(Sql.Scalar(database.ConnectionString, "select sum(counted) from quota_usage") ?? -1L));
        Assert.Equal((long)load.Served, Sql.Scalar(database.ConnectionString, "select count(*) from requests where status = 200 and key_id = (select id from keys where name = 'limited')"));
        Assert.Equal(2L, Sql.Scalar(database.ConnectionString, "select count(*) from requests where status = 200 and key_id = (select id from keys where name = 'test')"));
        Assert.True(load.Slowest < TimeSpan.FromSeconds(15), $"A call took {load.Slowest}.");
    }

    [Fact]
    public async Task A_server_that_neither_answers_nor_fails_keeps_no_caller_waiting()
    {
        var database = PostgresDatabase.Create(Server);
        await using var upstream = FakeUpstream.Answering(Load.Answer);
        await using var gateway = await GatewayHost.StartAsync(
            upstream, ["--Gateway:Database:Provider=postgres", $"--Gateway:Database:ConnectionString={database.ConnectionString};Command Timeout=600"]);
        using var limited = await gateway.NewCallerAsync(new { name = "limited", limits = new[] { new { unit = "requests", limit = 100, per = "total" } } });
        await using var locking = new NpgsqlConnection(database.ConnectionString);
        await locking.OpenAsync(Cancel);
        await using (var transaction = await locking.BeginTransactionAsync(Cancel))
        {
            await using var hold = new NpgsqlCommand("lock table reservations in access exclusive mode", locking, transaction);
            await hold.ExecuteNonQueryAsync(Cancel);

            using var refused = await limited.CallAsync(Caller.Chat, cancel: Cancel);

            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Contains("\"store_unavailable\"", await refused.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
            await transaction.RollbackAsync(Cancel);
        }

        // What came too late is ended with the refused call's row, so all but the call that is served is left.
        using var served = await limited.CallAsync(Caller.Chat, cancel: Cancel);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        await SettledAsync(limited);
        Assert.Equal(1, (await LimitAsync(limited)).GetProperty("used").GetInt64());
        await Eventually.IsTrueAsync(
            () => ValueTask.FromResult(Sql.Scalar(database.ConnectionString, "select count(*) from reservations") is 0L), TimeSpan.FromSeconds(60), Cancel);
        Assert.Equal(1L, (long)(Sql.Scalar(database.ConnectionString, "select sum(counted) from quota_usage") ?? -1L));
    }

    [Fact]
    public async Task A_gateway_killed_under_load_loses_no_call_that_was_answered()
    {
        var database = PostgresDatabase.Create(Server);
        using var folder = new TempFolder();
        await using var upstream = FakeUpstream.Answering(Load.Answer);
        string[] settings =
        [
            .. database.Settings, $"--Gateway:AdminKey={GatewayHost.AdminKey}", "--Gateway:Providers:fake:Kind=openai", $"--Gateway:Providers:fake:BaseUrl={upstream.BaseUrl}",
            "--Gateway:Models:0:Name=gpt-4o", "--Gateway:Models:0:Targets:0:Provider=fake",
        ];
        string key;
        Load load;
        await using (var gateway = await GatewayProcess.StartAsync(folder.Path, settings))
        {
            key = await NewKeyAsync(gateway.Address);
            using var caller = Client(gateway.Address, key);
            load = new Load(caller, Callers);
            await load.ServesAsync(50);
            gateway.Kill();
            await load.StopAsync();
        }

        await using var again = await GatewayProcess.StartAsync(folder.Path, settings);
        using var after = Client(again.Address, key);
        var used = (await LimitAsync(after)).GetProperty("used").GetInt64();

        foreach (var id in load.ServedIds)
        {
            Assert.Equal(1L, Sql.Scalar(database.ConnectionString, $"select count(*) from requests where id = '{id}'"));
        }

        Assert.Equal(used, (long)(Sql.Scalar(database.ConnectionString, "select sum(input_tokens + output_tokens) from requests") ?? -1L));
        Assert.Equal(0L, Sql.Scalar(database.ConnectionString, "select count(*) from reservations"));
    }

    private static async Task<string> NewKeyAsync(Uri gateway)
    {
        using var admin = Client(gateway, GatewayHost.AdminKey);
        using var made = await admin.CallAsync("""{"name":"limited","limits":[{"unit":"tokens","limit":10000000,"per":"total"}]}""", "/admin/keys", Cancel);
        return JsonSerializer.Deserialize<JsonElement>(await made.Content.ReadAsStringAsync(Cancel)).GetProperty("key").GetString() ?? "";
    }

    private static HttpClient Client(Uri gateway, string key) => new() { BaseAddress = gateway, DefaultRequestHeaders = { Authorization = new("Bearer", key) } };

    private static async Task<HttpStatusCode> StatusAsync(HttpClient caller)
    {
        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        return response.StatusCode;
    }

    private static Task NotReadyAsync(GatewayHost gateway) => Eventually.IsTrueAsync(
        async () =>
        {
            using var ready = await gateway.Admin.GetAsync(new Uri("/health/ready", UriKind.Relative), Cancel);
            var metrics = await gateway.Admin.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancel);
            return ready.StatusCode == HttpStatusCode.ServiceUnavailable
                && (await ready.Content.ReadAsStringAsync(Cancel)).Contains("\"database\":\"unreachable\"", StringComparison.Ordinal)
                && metrics.Split('\n').Any(line => line.StartsWith("gateway_store_healthy", StringComparison.Ordinal) && line.Contains("\"database\"", StringComparison.Ordinal) && line.Contains("} 0", StringComparison.Ordinal));
        },
        TimeSpan.FromSeconds(20),
        Cancel);

    private static Task SettledAsync(HttpClient caller) => Eventually.IsTrueAsync(
        async () => (await LimitAsync(caller)).GetProperty("reserved").GetInt64() == 0, TimeSpan.FromSeconds(20), Cancel);

    private static async Task<JsonElement> LimitAsync(HttpClient caller) =>
        JsonSerializer.Deserialize<JsonElement>(await caller.GetStringAsync(new Uri("/v1/key", UriKind.Relative), Cancel)).GetProperty("limits")[0];
}
