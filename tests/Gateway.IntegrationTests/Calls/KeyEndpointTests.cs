using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Calls;

public sealed class KeyEndpointTests
{
    private static readonly string[] OnlyEcho = ["echo"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/key")]
    [InlineData("/key")]
    public async Task A_caller_sees_its_own_key_with_its_limits_and_its_teams_and_never_the_secret(string path)
    {
        await using var gateway = await GatewayHost.StartAsync([]);
        var team = await TeamAsync(gateway);
        var secret = await gateway.NewKeyAsync(new { name = "ci", team_id = team, limits = new[] { new { unit = "concurrent", limit = 3, model = "gpt-4o" } } });
        using var caller = gateway.Client(secret);

        using var response = await caller.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        var key = JsonSerializer.Deserialize<JsonElement>(text);
        Assert.Equal(["id", "name", "team", "models", "limits"], key.EnumerateObject().Select(p => p.Name));
        Assert.Equal(("ci", "web", "gpt-4*"), (key.GetProperty("name").GetString(), key.GetProperty("team").GetString(), key.GetProperty("models")[0].GetString()));
        Assert.Equal(
            [("concurrent", 3m, null, "gpt-4o"), ("usd", 0.25m, "day", null)],
            key.GetProperty("limits").EnumerateArray().Select(limit => (
                limit.GetProperty("unit").GetString(), limit.GetProperty("limit").GetDecimal(), limit.GetProperty("per").GetString(), limit.GetProperty("model").GetString())));
        Assert.All(key.GetProperty("limits").EnumerateArray(), limit => Assert.True(limit.TryGetProperty("resets_at", out _)));
    }

    [Fact]
    public async Task A_team_narrows_what_its_keys_may_use()
    {
        await using var gateway = await GatewayHost.StartAsync([]);
        var team = await TeamAsync(gateway);
        using var caller = await gateway.NewCallerAsync(new { name = "ci", team_id = team, models = OnlyEcho });

        using var body = new StringContent("""{"model":"echo","messages":[{"role":"user","content":"hi"}]}""", Encoding.UTF8, "application/json");
        using var refused = await caller.PostAsync(new Uri("/v1/chat/completions", UriKind.Relative), body, Cancel);

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal("model_not_allowed", (await refused.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Without_a_key_there_is_nothing_to_see()
    {
        await using var gateway = await GatewayHost.StartAsync([]);
        using var admin = gateway.Client(GatewayHost.AdminKey);

        using var response = await admin.GetAsync(new Uri("/v1/key", UriKind.Relative), Cancel);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    private static async Task<string?> TeamAsync(GatewayHost gateway)
    {
        using var body = new StringContent(
            """{"name":"web","models":["gpt-4*"],"limits":[{"unit":"usd","limit":0.25,"per":"day"}]}""", Encoding.UTF8, "application/json");
        using var made = await gateway.Admin.PostAsync(new Uri("/admin/teams", UriKind.Relative), body, Cancel);
        return (await made.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("id").GetString();
    }
}
