using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Stress;

/// <summary>Three gateways, 300 callers, two teams whose limits are all wanted by more than they allow, and what must be true of them whatever happens.</summary>
internal sealed class StressWorld : IAsyncDisposable
{
    private const int Calls = 800;
    private const int KeyCalls = 250;
    private const int AtOnce = 40;
    private const int TokensAMinute = 8_000;
    private const long Micros = 250_000;
    private const int Gateways = 3;
    private const int Keys = 4;
    private const int CallersPerGateway = 100;

    /// <summary>What may be left where nothing fits any more: a prompt and one token of answer, counted as bytes.</summary>
    private const int Tokens = 200;

    /// <summary>Their price.</summary>
    private const long MicrosOfTokens = 25_000;

    /// <summary>Far longer than anything takes, unless the machine has much else to do.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    private readonly PostgresDatabase _database = PostgresDatabase.Create();
    private readonly FakeUpstream _upstream = StressUpstream.Start();
    private readonly LedgerAudit _audit;
    private string[] _keys = [];
    private string[] _owners = [];
    private string[] _teams = [];
    private Crowd? _crowd;

    private StressWorld(string redis, string? program)
    {
        Fleet = new Fleet(Gateways, _upstream.BaseUrl, _database.Settings, redis, program);
        _audit = new LedgerAudit(_database.ConnectionString);
    }

    public Fleet Fleet { get; }

    public Crowd Crowd => _crowd ?? throw new InvalidOperationException("Nobody calls yet.");

    public static async Task<StressWorld> StartAsync(string redis, string? program = null)
    {
        var world = new StressWorld(redis, program);
        await world.Fleet.StartAsync();
        await world.FurnishAsync();
        return world;
    }

    /// <summary>No hard limit is exceeded at this moment.</summary>
    public async Task HoldsAsync() => Assert.Empty(await ViolationsAsync());

    /// <summary>Waits until every limit has been used up by those who want more, and nothing is held any more.</summary>
    public async Task ExhaustedAsync()
    {
        await InTimeAsync("limits are not used up", async () => await TeamCallsAsync() >= Calls
            && await TokensInAMinuteAsync() > TokensAMinute - Tokens
            && await KeyMicrosAsync() > Micros - MicrosOfTokens);
        await Crowd.StopAsync();
        await InTimeAsync("something is held", async () => await _audit.HeldAsync() == 0);
    }

    /// <summary>No more than the limits allow, the counters to the token as the ledger, and nothing held, whichever gateway is asked.</summary>
    public async Task ExactAsync()
    {
        await HoldsAsync();
        Assert.Empty(Crowd.Surprises);
        Assert.Equal(0, await _audit.StrangeAsync());
        for (var gateway = 0; gateway < Gateways; gateway++)
        {
            await StandsAsync(gateway, 0, "requests", $"{Calls}", await TeamCallsAsync());
            await StandsAsync(gateway, 0, "requests", $"{KeyCalls}", await KeyCallsAsync());
            await StandsAsync(gateway, 0, "concurrent", $"{AtOnce}", 0);
            await StandsAsync(gateway, 1, "tokens", "900000000", await _audit.TokensAsync($"key_id = '{_owners[1]}'"));
            await StandsAsync(gateway, 2, "usd", "0.25", await KeyMicrosAsync() / 1_000_000m);
            await StandsAsync(gateway, 3, "tokens", "800000000", await _audit.TokensAsync($"team_id = '{_teams[1]}'"));
        }
    }

    /// <summary>Waits until the audit finds limits exceeded.</summary>
    public Task ExceedsAsync() => InTimeAsync("no limit was exceeded", async () => (await ViolationsAsync()).Count > 0);

    public async ValueTask DisposeAsync()
    {
        if (_crowd is not null)
        {
            await _crowd.DisposeAsync();
        }

        await Fleet.DisposeAsync();
        await _upstream.DisposeAsync();
        _database.Dispose();
    }

    /// <summary>Every hard limit that the ledger shows exceeded, in words.</summary>
    private async Task<IReadOnlyList<string>> ViolationsAsync()
    {
        var found = new List<string>();
        Judge(found, "calls of the team", await TeamCallsAsync(), Calls);
        Judge(found, "calls of its key", await KeyCallsAsync(), KeyCalls);
        Judge(found, "calls of the team at once", await _audit.MostAtOnceAsync($"team_id = '{_teams[0]}'"), AtOnce);
        Judge(found, "tokens a minute of the other team", await TokensInAMinuteAsync(), TokensAMinute);
        Judge(found, "micro-dollars of its key", await KeyMicrosAsync(), Micros);
        return found;
    }

    private Task<long> TeamCallsAsync() => _audit.CallsAsync($"team_id = '{_teams[0]}'");

    private Task<long> KeyCallsAsync() => _audit.CallsAsync($"key_id = '{_owners[0]}'");

    private Task<long> TokensInAMinuteAsync() => _audit.MostTokensInAMinuteAsync(_teams[1]);

    private Task<long> KeyMicrosAsync() => _audit.MicrosAsync($"key_id = '{_owners[2]}'");

    private static void Judge(List<string> found, string what, long spent, long allowed)
    {
        if (spent > allowed)
        {
            found.Add($"{spent} of {allowed} {what}");
        }
    }

    private async Task InTimeAsync(string otherwise, Func<Task<bool>> happened)
    {
        try
        {
            await Eventually.IsTrueAsync(async () => await happened(), Patience, TestContext.Current.CancellationToken);
        }
        catch (OperationCanceledException)
        {
            var words = Enumerable.Range(0, Gateways).Select(gateway => string.Join('\n', Fleet.OutputOf(gateway).Split('\n').TakeLast(12).Select(line => line[..Math.Min(300, line.Length)])));
            Assert.Fail($"In time {otherwise}: {await TeamCallsAsync()} calls, {await TokensInAMinuteAsync()} tokens a minute, {await KeyMicrosAsync()} micro-dollars, {await _audit.HeldAsync()} held. The gateways say:\n{string.Join("\n--\n", words)}");
        }
    }

    private Task StandsAsync(int gateway, int key, string unit, string limit, decimal ledger) => InTimeAsync(
        $"gateway {gateway} does not show {ledger} of {limit} {unit}", async () => await Fleet.StandingAsync(gateway, _keys[key], unit, limit) == (ledger, 0));

    private async Task FurnishAsync()
    {
        string[] teams =
        [
            $$"""{"name":"calls","limits":[{"unit":"requests","limit":{{Calls}},"per":"total"},{"unit":"concurrent","limit":{{AtOnce}}}]}""",
            $$"""{"name":"tokens","limits":[{"unit":"tokens","limit":{{TokensAMinute}},"per":"minute"},{"unit":"tokens","limit":800000000,"per":"total"}]}""",
        ];
        string[] limits =
        [
            $$"""{"unit":"requests","limit":{{KeyCalls}},"per":"total"}""",
            """{"unit":"tokens","limit":900000000,"per":"month"}""",
            """{"unit":"usd","limit":0.25,"per":"total"}""",
            """{"unit":"output_tokens","limit":700000000,"per":"day"}""",
        ];
        _teams = [await IdAsync("/admin/teams", teams[0]), await IdAsync("/admin/teams", teams[1])];
        var keys = new List<(string Id, string Key)>();
        for (var i = 0; i < Keys; i++)
        {
            var made = await Fleet.MakeAsync("/admin/keys", $$"""{"name":"k{{i}}","team_id":"{{_teams[i / 2]}}","limits":[{{limits[i]}}]}""");
            keys.Add((made.GetProperty("id").GetString() ?? "", made.GetProperty("key").GetString() ?? ""));
        }

        _owners = [.. keys.Select(key => key.Id)];
        _keys = [.. keys.Select(key => key.Key)];
        for (var gateway = 0; gateway < Gateways; gateway++)
        {
            var asked = gateway;
            await InTimeAsync($"gateway {asked} does not know the keys", async () => await KnownAsync(asked));
        }

        _crowd = new Crowd(Fleet, [.. _keys.Select((key, i) => (key, i < 2))], CallersPerGateway / Keys);
    }

    private async Task<bool> KnownAsync(int gateway)
    {
        using var caller = Fleet.Client(gateway, _keys[^1]);
        using var response = await caller.GetAsync(new Uri("/v1/key", UriKind.Relative), TestContext.Current.CancellationToken);
        return response.IsSuccessStatusCode;
    }

    private async Task<string> IdAsync(string path, string body) => (await Fleet.MakeAsync(path, body)).GetProperty("id").GetString() ?? "";
}
