using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.Bench.Processes;

namespace Gateway.Bench.Candidates;

/// <summary>Starts the gateway as an operator would: its own process and data folder, settings on the command line, a key by the admin API.</summary>
internal sealed class GatewayLauncher(ProcessGroup processes, int upstreamPort, DirectoryInfo folder)
{
    /// <param name="name">What its rows are called.</param>
    /// <param name="settings">Further settings of its command line.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<Candidate> StartAsync(string name, IReadOnlyList<string> settings, CancellationToken cancel)
    {
        var port = FreePort.Pick();
        var adminKey = $"bench-{Guid.NewGuid():N}";
        var home = folder.CreateSubdirectory($"gateway-{port}").FullName;
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Gateway.dll"),
            "--urls", $"http://127.0.0.1:{port}",
            "--Gateway:DataDirectory", Path.Combine(home, "data"),
            "--Gateway:AdminKey", adminKey,
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

        var key = await CreateKeyAsync(port, adminKey, process, cancel);
        return await Candidate.SettleAsync(name, port, $"Authorization: Bearer {key}\r\n", process, cancel);
    }

    private static async Task<string> CreateKeyAsync(int port, string adminKey, ChildProcess process, CancellationToken cancel)
    {
        using var admin = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", adminKey);
        using var answer = await admin.PostAsJsonAsync("/admin/keys", new { name = "bench" }, cancel);
        if (!answer.IsSuccessStatusCode)
        {
            throw process.Failure($"answered {(int)answer.StatusCode} to POST /admin/keys");
        }

        var created = await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
        return created.GetProperty("key").GetString() ?? throw new InvalidDataException("The new key is null.");
    }
}
