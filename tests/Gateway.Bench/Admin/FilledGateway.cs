using System.Net.Http.Headers;
using Gateway.Bench.Processes;

namespace Gateway.Bench.Admin;

/// <summary>A gateway over a filled ledger.</summary>
internal sealed record FilledGateway(string Database, Uri Address) : IDisposable
{
    public const string AdminKey = "bench-admin-key-0123456789";

    public HttpClient Admin { get; } = new()
    {
        BaseAddress = Address,
        Timeout = TimeSpan.FromMinutes(2),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", AdminKey) },
    };

    /// <param name="processes">Owns what is started.</param>
    /// <param name="database">What it is called in the tables.</param>
    /// <param name="data">Its data folder.</param>
    /// <param name="settings">Further settings of its command line.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<FilledGateway> StartAsync(ProcessGroup processes, string database, string data, IReadOnlyList<string> settings, CancellationToken cancel)
    {
        var port = FreePort.Pick();
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Gateway.dll"), "--urls", $"http://127.0.0.1:{port}",
            "--Gateway:DataDirectory", data, "--Gateway:AdminKey", AdminKey, "--Gateway:DiscoverProviders", "false", .. settings,
        ];
        var environment = new Dictionary<string, string> { ["ASPNETCORE_ENVIRONMENT"] = "Production" };
        var process = processes.Add(ChildProcess.Start("gateway", "dotnet", arguments, data, environment));
        await process.WaitForPortAsync(port, cancel);
        return new FilledGateway(database, new Uri($"http://127.0.0.1:{port}"));
    }

    public void Dispose() => Admin.Dispose();
}
