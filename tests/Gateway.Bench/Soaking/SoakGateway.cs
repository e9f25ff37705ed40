using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Bench.Candidates;
using Gateway.Bench.Processes;

namespace Gateway.Bench.Soaking;

/// <summary>The gateway that soaks, and what its admin can see of it.</summary>
internal sealed class SoakGateway(BenchGateway gateway, ProcessMeter meter) : IDisposable
{
    private readonly HttpClient _admin = gateway.Admin();

    public int Port => gateway.Port;

    public async Task<string> NewKeyAsync(object key, CancellationToken cancel)
    {
        using var answer = await _admin.PostAsJsonAsync("/admin/keys", key, cancel);
        answer.EnsureSuccessStatusCode();
        var created = await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
        return created.GetProperty("key").GetString() ?? throw new InvalidDataException("The new key is null.");
    }

    public async Task<SoakSample> SampleAsync(CancellationToken cancel)
    {
        var metrics = await _admin.GetStringAsync(new Uri("/metrics", UriKind.Relative), cancel);
        return new SoakSample(
            meter.MemoryBytes(),
            Gauge(metrics, "dotnet_gc_last_collection_memory_committed_size_bytes"),
            meter.Handles(),
            meter.Threads(),
            Gauge(metrics, "gateway_streams_active"),
            Gauge(metrics, "gateway_reserved_tokens"),
            Gauge(metrics, "gateway_ledger_queue_rows"),
            Gauge(metrics, "gateway_quota_drift_tokens"));
    }

    /// <summary>Calls that the ledger has.</summary>
    public async Task<long> RowsAsync(CancellationToken cancel)
    {
        var usage = await _admin.GetFromJsonAsync<JsonElement>("/admin/usage?group_by=key&limit=1000", cancel);
        return usage.GetProperty("data").EnumerateArray().Sum(row => row.GetProperty("requests").GetInt64());
    }

    public void Dispose() => _admin.Dispose();

    private static long Gauge(string metrics, string name)
    {
        var match = Regex.Match(metrics, $"^{name}(?:\\{{[^}}]*\\}})? ([^ \\n]+)", RegexOptions.Multiline);
        return match.Success ? (long)double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
    }
}
