using System.Net.Http.Headers;
using Gateway.Bench.Processes;

namespace Gateway.Bench.Candidates;

/// <summary>A gateway as an operator starts it: its own process and data folder, settings on the command line.</summary>
internal sealed record BenchGateway(int Port, int ProcessId, string AdminKey, ChildProcess Process)
{
    /// <param name="processes">Owns what is started.</param>
    /// <param name="upstreamPort">The mock's port.</param>
    /// <param name="folder">Where it may write.</param>
    /// <param name="settings">Further settings of its command line; they win over these.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<BenchGateway> StartAsync(ProcessGroup processes, int upstreamPort, DirectoryInfo folder, IReadOnlyList<string> settings, CancellationToken cancel)
    {
        var gateway = Launch(processes, upstreamPort, folder, settings);
        await gateway.Process.WaitForPortAsync(gateway.Port, cancel);
        return gateway;
    }

    /// <summary>The same without a wait, and with the program where it was published to.</summary>
    public static BenchGateway Launch(ProcessGroup processes, int upstreamPort, DirectoryInfo folder, IReadOnlyList<string> settings, string? program = null)
    {
        var port = FreePort.Pick();
        var adminKey = $"bench-{Guid.NewGuid():N}";
        var home = folder.CreateSubdirectory($"gateway-{port}").FullName;
        string[] arguments =
        [
            program ?? Path.Combine(AppContext.BaseDirectory, "Gateway.dll"),
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
        return new BenchGateway(port, process.Id, adminKey, process);
    }

    public HttpClient Admin() => new()
    {
        BaseAddress = new Uri($"http://127.0.0.1:{Port}"),
        Timeout = TimeSpan.FromMinutes(2),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", AdminKey) },
    };
}
