using System.Net.Http.Headers;
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
        var key = await CreateAsync(gateway, "/admin/keys", new { name = "bench" }, "key", cancel);
        return await Candidate.SettleAsync(name, gateway.Port, HeadersOf(key), gateway.Process, cancel);
    }

    /// <summary>Gateways that share what they count, called with a key that eight hard limits apply to, all of them far away.</summary>
    /// <param name="name">What its rows are called.</param>
    /// <param name="replicas">How many; several need settings that make them share.</param>
    /// <param name="settings">Further settings of their command lines.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<Candidate> StartLimitedAsync(string name, int replicas, IReadOnlyList<string> settings, CancellationToken cancel)
    {
        var gateways = new List<BenchGateway>();
        for (var i = 0; i < replicas; i++)
        {
            gateways.Add(await BenchGateway.StartAsync(processes, upstreamPort, folder, settings, cancel));
        }

        var team = await CreateAsync(gateways[0], "/admin/teams", new { name = "bench", limits = FarLimits.OfTeam }, "id", cancel);
        var key = await CreateAsync(gateways[0], "/admin/keys", new { name = "bench", team_id = team, limits = FarLimits.OfKey }, "key", cancel);
        foreach (var gateway in gateways)
        {
            await KnowsAsync(gateway, key, cancel);
        }

        return await Candidate.SettleAsync(name, [.. gateways.Select(gateway => gateway.Port)], HeadersOf(key), [.. gateways.Select(gateway => gateway.ProcessId)], cancel);
    }

    /// <summary>Makes something by the admin API and returns one field of it.</summary>
    public static async Task<string> CreateAsync(BenchGateway gateway, string path, object what, string field, CancellationToken cancel)
    {
        using var admin = gateway.Admin();
        using var answer = await admin.PostAsJsonAsync(path, what, cancel);
        if (!answer.IsSuccessStatusCode)
        {
            throw gateway.Process.Failure($"answered {(int)answer.StatusCode} to POST {path}: {await answer.Content.ReadAsStringAsync(cancel)}");
        }

        var created = await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
        return created.GetProperty(field).GetString() ?? throw new InvalidDataException($"What was made at {path} has no '{field}'.");
    }

    /// <summary>Replicas hear of a new key a moment later than who made it.</summary>
    private static async Task KnowsAsync(BenchGateway gateway, string key, CancellationToken cancel)
    {
        using var caller = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{gateway.Port}"), DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
        for (var attempt = 0; attempt < 100; attempt++)
        {
            using var answer = await caller.GetAsync(new Uri("/v1/key", UriKind.Relative), cancel);
            if (answer.IsSuccessStatusCode)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), cancel);
        }

        throw gateway.Process.Failure("does not know the key that another replica made");
    }

    private static string HeadersOf(string key) => $"Authorization: Bearer {key}\r\n";
}
