using System.Text.Json;
using Gateway.Bench.Processes;

namespace Gateway.Bench.Candidates;

/// <summary>Starts the gateway with a key by the admin API.</summary>
internal sealed class GatewayLauncher(ProcessGroup processes, int upstreamPort, DirectoryInfo folder)
{
    /// <param name="name">What its rows are called.</param>
    /// <param name="settings">Further settings of its command line.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<Candidate> StartAsync(string name, IReadOnlyList<string> settings, CancellationToken cancel)
    {
        var gateway = await BenchGateway.StartAsync(processes, upstreamPort, folder, settings, cancel);
        var key = await CreateKeyAsync(gateway, cancel);
        return await Candidate.SettleAsync(name, gateway.Port, $"Authorization: Bearer {key}\r\n", gateway.Process, cancel);
    }

    private static async Task<string> CreateKeyAsync(BenchGateway gateway, CancellationToken cancel)
    {
        using var admin = gateway.Admin();
        using var answer = await admin.PostAsJsonAsync("/admin/keys", new { name = "bench" }, cancel);
        if (!answer.IsSuccessStatusCode)
        {
            throw gateway.Process.Failure($"answered {(int)answer.StatusCode} to POST /admin/keys");
        }

        var created = await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
        return created.GetProperty("key").GetString() ?? throw new InvalidDataException("The new key is null.");
    }
}
