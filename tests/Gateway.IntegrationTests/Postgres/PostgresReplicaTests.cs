using System.Net;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Postgres;

/// <summary>Two gateways that share one PostgreSQL and one Redis and nothing else.</summary>
public sealed class PostgresReplicaTests : IAsyncLifetime
{
    private readonly RedisServer _redis = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _redis.InitializeAsync();

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task Two_gateways_serve_exactly_what_a_hard_limit_allows()
    {
        const int Most = 150;
        using var database = PostgresDatabase.Create();
        await using var upstream = FakeUpstream.Answering(Load.Answer);
        await using var first = await StartAsync(upstream, database);
        await using var second = await StartAsync(upstream, database);
        var key = await first.NewKeyAsync(new { name = "limited", limits = new object[] { new { unit = "requests", limit = Most, per = "total" }, new { unit = "tokens", limit = 1_000_000, per = "day" } } });

        var statuses = await Task.WhenAll(new[] { first, second }.SelectMany(gateway => Enumerable.Range(0, 10).Select(_ => CallUntilDeniedAsync(gateway, key))));

        Assert.Equal(Most, statuses.Sum());
        Assert.Equal(Most, upstream.Calls.Count);
        await Eventually.IsTrueAsync(async () => await StandingAsync(second, key) == (Most, 0, Most * 10, 0), TimeSpan.FromSeconds(20), Cancel);
        await Eventually.IsTrueAsync(
            () => ValueTask.FromResult(Sql.Scalar(database.ConnectionString, "select count(*) from reservations") is 0L), TimeSpan.FromSeconds(20), Cancel);
        Assert.Equal((long)Most, Sql.Scalar(database.ConnectionString, "select count(*) from requests where status = 200"));
        Assert.Equal(Most * 10L, Sql.Scalar(database.ConnectionString, "select sum(input_tokens + output_tokens) from requests"));
    }

    [Fact]
    public async Task A_revoked_key_is_refused_by_the_other_gateway_within_a_second()
    {
        using var database = PostgresDatabase.Create();
        await using var upstream = FakeUpstream.Answering(Load.Answer);
        await using var first = await StartAsync(upstream, database);
        await using var second = await StartAsync(upstream, database);
        using var made = await first.Admin.CallAsync("""{"name":"short-lived"}""", "/admin/keys", Cancel);
        var key = JsonSerializer.Deserialize<JsonElement>(await made.Content.ReadAsStringAsync(Cancel));
        using var caller = second.Client(key.GetProperty("key").GetString() ?? "");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(caller));

        using var revoked = await first.Admin.DeleteAsync(new Uri($"/admin/keys/{key.GetProperty("id").GetString()}", UriKind.Relative), Cancel);

        await Eventually.IsTrueAsync(async () => await StatusAsync(caller) == HttpStatusCode.Unauthorized, TimeSpan.FromSeconds(1), Cancel);
    }

    [Fact]
    public async Task Changes_by_many_admins_at_two_gateways_undo_nothing()
    {
        const int Changes = 20;
        using var database = PostgresDatabase.Create();
        await using var upstream = FakeUpstream.Answering(Load.Answer);
        await using var first = await StartAsync(upstream, database);
        await using var second = await StartAsync(upstream, database);
        using var made = await first.Admin.CallAsync("""{"name":"shared"}""", "/admin/keys", Cancel);
        var id = JsonSerializer.Deserialize<JsonElement>(await made.Content.ReadAsStringAsync(Cancel)).GetProperty("id").GetString() ?? "";

        var before = (long)(Sql.Scalar(database.ConnectionString, "select value from change_sequence") ?? -1L);
        var statuses = await Task.WhenAll(Enumerable.Range(0, Changes).Select(async n =>
        {
            var body = n % 2 == 0 ? $$"""{"name":"name-{{n}}"}""" : $$$"""{"metadata":{"n":"{{{n}}}"}}""";
            using var patch = new HttpRequestMessage(HttpMethod.Patch, $"/admin/keys/{id}") { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
            using var response = await (n % 4 < 2 ? first : second).Admin.SendAsync(patch, Cancel);
            return response.StatusCode;
        }));

        Assert.All(statuses, status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal(before + Changes, Sql.Scalar(database.ConnectionString, "select value from change_sequence"));
        Assert.StartsWith("name-", (string?)Sql.Scalar(database.ConnectionString, $"select name from keys where id = '{id}'"), StringComparison.Ordinal);
        Assert.Contains("\"n\"", (string?)Sql.Scalar(database.ConnectionString, $"select metadata from keys where id = '{id}'"), StringComparison.Ordinal);
    }

    private Task<GatewayHost> StartAsync(FakeUpstream upstream, PostgresDatabase database) =>
        GatewayHost.StartAsync(upstream, [.. database.Settings, $"--Gateway:Redis:Configuration={_redis.Address}"]);

    private static async Task<int> CallUntilDeniedAsync(GatewayHost gateway, string key)
    {
        using var caller = gateway.Client(key);
        for (var served = 0; ; served++)
        {
            var status = await StatusAsync(caller);
            if (status == HttpStatusCode.TooManyRequests)
            {
                return served;
            }

            Assert.Equal(HttpStatusCode.OK, status);
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient caller)
    {
        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        await response.Content.ReadAsStringAsync(Cancel);
        return response.StatusCode;
    }

    private static async Task<(long Requests, long ReservedRequests, long Tokens, long ReservedTokens)> StandingAsync(GatewayHost gateway, string key)
    {
        using var caller = gateway.Client(key);
        var limits = JsonSerializer.Deserialize<JsonElement>(await caller.GetStringAsync(new Uri("/v1/key", UriKind.Relative), Cancel)).GetProperty("limits");
        return (Of(limits[0], "used"), Of(limits[0], "reserved"), Of(limits[1], "used"), Of(limits[1], "reserved"));
    }

    private static long Of(JsonElement limit, string figure) => limit.GetProperty(figure).GetInt64();
}
