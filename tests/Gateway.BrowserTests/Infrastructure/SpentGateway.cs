using System.Net.Http.Json;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;

namespace Gateway.BrowserTests.Infrastructure;

/// <summary>A gateway that was used a little: teams, keys, calls that went well, that a limit refused and that failed.</summary>
internal sealed class SpentGateway : IAsyncDisposable
{
    private readonly FakeUpstream _broken;

    private SpentGateway(GatewayHost host, FakeUpstream broken, string teamId, string keyId, string requestId) =>
        (Host, _broken, TeamPath, KeyPath, RequestPath) = (host, broken, $"/console/teams/{teamId}", $"/console/keys/{keyId}", $"/console/requests/{requestId}");

    public GatewayHost Host { get; }

    public string KeyPath { get; }

    private string TeamPath { get; }

    private string RequestPath { get; }

    /// <summary>Every page, by name and path, with what shows when it is there.</summary>
    public IReadOnlyList<(string Name, string Path, string Shown)> Pages =>
    [
        ("home", "/", ".gw-tiles"), ("keys", "/console/keys", "a.gw-rowlink"), ("key", KeyPath, ".gw-track"), ("teams", "/console/teams", "a.gw-rowlink"), ("team", TeamPath, ".gw-track"),
        ("usage", "/console/usage?measure=tokens", "#total"), ("requests", "/console/requests", "a.gw-rowlink"), ("request", RequestPath, ".gw-line"),
        ("models", "/console/models", "a.gw-rowlink"), ("audit", "/console/audit", "a.gw-rowlink"), ("playground", "/console/playground", "#message"), ("audio", "/console/playground?tab=audio", "#audio-model"), ("missing", "/console/nothing-here", ".gw-empty"),
    ];

    public static async Task<SpentGateway> StartAsync()
    {
        var broken = FakeUpstream.Answering("""{"error":{"message":"overloaded","type":"server_error","code":"overloaded"}}""", 529);
        var host = await GatewayHost.StartAsync(broken);
        var team = await AddAsync(host, "/admin/teams", new { name = "Search", limits = new[] { new { unit = "tokens", per = "month", limit = 1_000_000 } } });
        var teamId = team.GetProperty("id").GetString() ?? "";
        var key = await AddAsync(host, "/admin/keys", new { name = "search-api", team_id = teamId, limits = new[] { new { unit = "requests", per = "day", limit = 12 } } });
        await AddAsync(host, "/admin/keys", new { name = "notebook-ana" });
        using var caller = host.Client(key.GetProperty("key").GetString() ?? "");
        for (var i = 0; i < 12; i++)
        {
            using var answer = await caller.PostAsJsonAsync("/v1/chat/completions", new { model = "echo", user = "u-17", messages = new[] { new { role = "user", content = $"Say {i}" } } });
            answer.EnsureSuccessStatusCode();
        }

        using var denied = await caller.PostAsJsonAsync("/v1/chat/completions", new { model = "gpt-4o", messages = new[] { new { role = "user", content = "too much" } } });
        var requestId = denied.Headers.GetValues("x-request-id").Single();
        await host.RowAsync(requestId);
        return new SpentGateway(host, broken, teamId, key.GetProperty("id").GetString() ?? "", requestId);
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await _broken.DisposeAsync();
    }

    private static async Task<JsonElement> AddAsync(GatewayHost host, string path, object what)
    {
        using var response = await host.Admin.PostAsJsonAsync(path, what);
        response.EnsureSuccessStatusCode();
        return JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
    }
}
