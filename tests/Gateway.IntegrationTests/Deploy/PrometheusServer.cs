using System.Diagnostics;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;

namespace Gateway.IntegrationTests.Deploy;

/// <summary>A Prometheus that scrapes one gateway each second, with the rules that are shipped.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Process _process;
    private readonly HttpClient _client;

    private PrometheusServer(Uri gateway)
    {
        var address = new Uri(GatewayProcess.FreeAddress());
        File.WriteAllText(_folder.File("prometheus.yml"), $"""
            global: {"{"}scrape_interval: 1s, evaluation_interval: 1s{"}"}
            rule_files: ['{Repository.PathOf("deploy", "prometheus", "gateway.rules.yml")}']
            scrape_configs:
            - job_name: gateway
              static_configs: [{"{"}targets: ['{gateway.Authority}']{"}"}]
            """);
        var start = new ProcessStartInfo(
            "prometheus",
            [$"--config.file={_folder.File("prometheus.yml")}", $"--storage.tsdb.path={_folder.File("data")}", $"--web.listen-address={address.Authority}", "--log.level=error", "--enable-feature=exemplar-storage"])
        {
            RedirectStandardInput = true,
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException("Prometheus did not start.");
        _client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(10) };
    }

    public static PrometheusServer Start(Uri gateway) => new(gateway);

    public async Task<JsonElement> QueryAsync(string query, CancellationToken cancel) => await GetAsync($"/api/v1/query?query={Uri.EscapeDataString(query)}", cancel);

    /// <summary>The answer, errors too; what is no answer at all is a failure to be there.</summary>
    public async Task<JsonElement> GetAsync(string path, CancellationToken cancel)
    {
        using var response = await _client.GetAsync(new Uri(path, UriKind.Relative), cancel);
        return JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(cancel));
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }
}
