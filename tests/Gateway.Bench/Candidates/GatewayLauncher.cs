using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.Bench.Processes;

namespace Gateway.Bench.Candidates;

/// <summary>Starts the gateway as an operator would: its own process and data folder, settings on the command line, a key by the admin API.</summary>
internal sealed class GatewayLauncher(ProcessGroup processes, int upstreamPort, DirectoryInfo folder)
{
    private readonly string _adminKey = $"bench-{Guid.NewGuid():N}";

    /// <param name="name">What its rows are called.</param>
    /// <param name="settings">Further settings of its command line.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<Candidate> StartAsync(string name, IReadOnlyList<string> settings, CancellationToken cancel)
    {
        var (port, process) = await LaunchAsync(settings, cancel);
        var key = await CreateAsync(port, "/admin/keys", new { name = "bench" }, "key", process, cancel);
        return await Candidate.SettleAsync(name, port, HeadersOf(key), process, cancel);
    }

    /// <summary>Gateways that share what they count, called with a key that eight hard limits apply to, all of them far away.</summary>
    /// <param name="name">What its rows are called.</param>
    /// <param name="replicas">How many; several need settings that make them share.</param>
    /// <param name="settings">Further settings of their command lines.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<Candidate> StartLimitedAsync(string name, int replicas, IReadOnlyList<string> settings, CancellationToken cancel)
    {
        var gateways = new List<(int Port, ChildProcess Process)>();
        for (var i = 0; i < replicas; i++)
        {
            gateways.Add(await LaunchAsync(settings, cancel));
        }

        var (port, process) = gateways[0];
        var team = await CreateAsync(port, "/admin/teams", new { name = "bench", limits = FarLimits.OfTeam }, "id", process, cancel);
        var key = await CreateAsync(port, "/admin/keys", new { name = "bench", team_id = team, limits = FarLimits.OfKey }, "key", process, cancel);
        foreach (var gateway in gateways)
        {
            await KnowsAsync(gateway.Port, key, gateway.Process, cancel);
        }

        return await Candidate.SettleAsync(name, [.. gateways.Select(gateway => gateway.Port)], HeadersOf(key), [.. gateways.Select(gateway => gateway.Process.Id)], cancel);
    }

    private async Task<(int Port, ChildProcess Process)> LaunchAsync(IReadOnlyList<string> settings, CancellationToken cancel)
    {
        var port = FreePort.Pick();
        var home = folder.CreateSubdirectory($"gateway-{port}").FullName;
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Gateway.dll"),
            "--urls", $"http://127.0.0.1:{port}",
            "--Gateway:DataDirectory", Path.Combine(home, "data"),
            "--Gateway:AdminKey", _adminKey,
            "--Gateway:Providers:mock:Kind", "openai",
            "--Gateway:Providers:mock:BaseUrl", $"http://127.0.0.1:{upstreamPort}/v1",
            "--Gateway:Providers:mock:ApiKey", "sk-mock",
            "--Gateway:Models:0:Name", "gpt-4o",
            "--Gateway:Models:0:Targets:0:Provider", "mock",
            "--Gateway:Models:0:Targets:0:Model", "gpt-4o-2024-11-20",
            .. settings,
        ];
        // Without a launch profile the environment is Production, as in use; a terminal's own setting must not change that.
        var environment = new Dictionary<string, string> { ["ASPNETCORE_ENVIRONMENT"] = "Production" };
        var process = processes.Add(ChildProcess.Start("gateway", "dotnet", arguments, home, environment));
        await process.WaitForPortAsync(port, cancel);
        return (port, process);
    }

    private async Task<string> CreateAsync(int port, string path, object what, string field, ChildProcess process, CancellationToken cancel)
    {
        using var admin = Client(port, _adminKey);
        using var answer = await admin.PostAsJsonAsync(path, what, cancel);
        if (!answer.IsSuccessStatusCode)
        {
            throw process.Failure($"answered {(int)answer.StatusCode} to POST {path}: {await answer.Content.ReadAsStringAsync(cancel)}");
        }

        var created = await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
        return created.GetProperty(field).GetString() ?? throw new InvalidDataException($"What was made at {path} has no '{field}'.");
    }

    /// <summary>Replicas hear of a new key a moment later than who made it.</summary>
    private static async Task KnowsAsync(int port, string key, ChildProcess process, CancellationToken cancel)
    {
        using var caller = Client(port, key);
        for (var attempt = 0; attempt < 100; attempt++)
        {
            using var answer = await caller.GetAsync(new Uri("/v1/key", UriKind.Relative), cancel);
            if (answer.IsSuccessStatusCode)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), cancel);
        }

        throw process.Failure("does not know the key that another replica made");
    }

    private static HttpClient Client(int port, string key) => new()
    {
        BaseAddress = new Uri($"http://127.0.0.1:{port}"),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
    };

    private static string HeadersOf(string key) => $"Authorization: Bearer {key}\r\n";
}
