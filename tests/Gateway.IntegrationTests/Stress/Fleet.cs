using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Stress;

/// <summary>Gateways as processes that share one PostgreSQL and one Redis, each at an address of its own that it keeps when it is killed and started again.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    /// <summary>The shortest there is: what died is settled soon.</summary>
    public const int LeaseSeconds = 5;

    private readonly string[] _settings;
    private readonly string? _program;
    private readonly TempFolder[] _folders;
    private readonly string[] _redis;
    private readonly GatewayProcess?[] _processes;

    public Fleet(int gateways, string upstream, string[] database, string redis, string? program = null)
    {
        _settings =
        [
            .. database, $"--Gateway:AdminKey={GatewayHost.AdminKey}", $"--Gateway:LeaseSeconds={LeaseSeconds}", "--Logging:LogLevel:Default=Warning",
            "--Gateway:Providers:fake:Kind=openai", $"--Gateway:Providers:fake:BaseUrl={upstream}", "--Gateway:Models:0:Name=gpt-4o", "--Gateway:Models:0:Targets:0:Provider=fake",
            "--Gateway:Models:0:Price:Input=100", "--Gateway:Models:0:Price:Output=400",
        ];
        _program = program;
        _folders = [.. Enumerable.Range(0, gateways).Select(_ => new TempFolder())];
        _redis = [.. Enumerable.Repeat(redis, gateways)];
        _processes = new GatewayProcess?[gateways];
        Addresses = [.. Enumerable.Range(0, gateways).Select(_ => new Uri(GatewayProcess.FreeAddress()))];
    }

    public IReadOnlyList<Uri> Addresses { get; }

    public Task StartAsync() => Task.WhenAll(Enumerable.Range(0, _processes.Length).Select(StartAsync));

    public string OutputOf(int gateway) => _processes[gateway]?.Output ?? "";

    /// <summary>Dies in the middle of whatever it does, and comes back, before the same Redis or another.</summary>
    public async Task KillAndRestartAsync(int gateway, string? redis = null)
    {
        if (_processes[gateway] is { } process)
        {
            process.Kill();
            await process.DisposeAsync();
        }

        _redis[gateway] = redis ?? _redis[gateway];
        await StartAsync(gateway);
    }

    public void Pause(int gateway) => _processes[gateway]?.Pause();

    public void Resume(int gateway) => _processes[gateway]?.Resume();

    public HttpClient Client(int gateway, string key) => new()
    {
        BaseAddress = Addresses[gateway],
        Timeout = TimeSpan.FromSeconds(120),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
    };

    public async Task<JsonElement> MakeAsync(string path, string body)
    {
        using var admin = Client(0, GatewayHost.AdminKey);
        using var made = await admin.CallAsync(body, path, TestContext.Current.CancellationToken);
        var text = await made.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(made.IsSuccessStatusCode, text);
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>How a limit stands, as its caller is told; null while the counters can't be asked.</summary>
    public async Task<(decimal Used, decimal Reserved)?> StandingAsync(int gateway, string key, string unit, string owner)
    {
        var shown = JsonSerializer.Deserialize<JsonElement>(await ShownAsync(gateway, key));
        foreach (var limit in shown.GetProperty("limits").EnumerateArray())
        {
            if (limit.GetProperty("unit").GetString() == unit && limit.GetProperty("limit").GetDecimal().ToString(CultureInfo.InvariantCulture) == owner)
            {
                return limit.GetProperty("used").ValueKind == JsonValueKind.Number ? (limit.GetProperty("used").GetDecimal(), limit.GetProperty("reserved").GetDecimal()) : null;
            }
        }

        throw new InvalidOperationException($"There is no limit of {owner} {unit}: {shown}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            if (process is not null)
            {
                await process.DisposeAsync();
            }
        }

        foreach (var folder in _folders)
        {
            folder.Dispose();
        }
    }

    private async Task<string> ShownAsync(int gateway, string key)
    {
        try
        {
            using var caller = Client(gateway, key);
            return await caller.GetStringAsync(new Uri("/v1/key", UriKind.Relative), TestContext.Current.CancellationToken);
        }
        catch (HttpRequestException gone)
        {
            throw new InvalidOperationException($"Gateway {gateway} does not answer. It said:\n{OutputOf(gateway)}", gone);
        }
    }

    private async Task StartAsync(int gateway)
    {
        var environment = new Dictionary<string, string> { ["ASPNETCORE_URLS"] = Addresses[gateway].ToString() };
        var process = GatewayProcess.Launch(_folders[gateway].Path, environment, _program, [.. _settings, $"--Gateway:Redis:Configuration={_redis[gateway]}"]);
        _processes[gateway] = process;
        await process.ReadyAsync();
    }
}
