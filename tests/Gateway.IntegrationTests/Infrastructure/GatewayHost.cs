using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Hosting;
using Gateway.IntegrationTests.Storage;
using Gateway.Providers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>The whole gateway in this process on a real port, with data of its own in a temporary folder.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    public const string AdminKey = "test-admin-key-0123456789";

    private readonly WebApplication _app;
    private readonly string _data;

    private readonly PostgresDatabase? _database;
    private readonly bool _ownsData;

    private GatewayHost(WebApplication app, string data, PostgresDatabase? database, bool ownsData)
    {
        _app = app;
        _data = data;
        _database = database;
        _ownsData = ownsData;
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.Single()
            ?? throw new InvalidOperationException("The gateway listens nowhere.");
        Address = new Uri(address);
        Admin = Client(AdminKey);
    }

    public Uri Address { get; }

    public HttpClient Admin { get; }

    public IServiceProvider Services => _app.Services;

    public string DataDirectory => _data;

    /// <summary>As <see cref="Sql"/> wants it.</summary>
    public string Database => _database?.ConnectionString ?? Path.Combine(_data, "gateway.db");

    /// <summary>Starts a gateway whose model <c>gpt-4o</c> is served by the given upstream.</summary>
    public static Task<GatewayHost> StartAsync(FakeUpstream upstream, params string[] settings) => StartBeforeAsync(upstream.BaseUrl, settings);

    /// <summary>The same before whatever listens at the address.</summary>
    public static Task<GatewayHost> StartBeforeAsync(string upstreamUrl, params string[] settings) => StartAsync(
    [
        "--Gateway:Providers:fake:Kind=openai", $"--Gateway:Providers:fake:BaseUrl={upstreamUrl}", "--Gateway:Providers:fake:ApiKey=sk-upstream-secret-0123456789",
        "--Gateway:Models:0:Name=gpt-4o", "--Gateway:Models:0:Targets:0:Provider=fake", "--Gateway:Models:0:Targets:0:Model=gpt-4o",
        // Whatever its kind, the fake says what a test has it say.
        .. ProviderKind.EveryEndpoint.Select((endpoint, i) => $"--Gateway:Providers:fake:Endpoints:{i}={endpoint}"),
        .. settings,
    ]);

    public static Task<GatewayHost> StartAsync(string[] settings) => StartAsync(
        Directory.CreateTempSubdirectory("gateway-test-").FullName, PostgresDatabase.IsWanted ? PostgresDatabase.Create() : null, ownsData: true, settings);

    /// <summary>A second gateway on the first one's data.</summary>
    public static Task<GatewayHost> StartBesideAsync(GatewayHost first, string[] settings) => StartAsync(first._data, first._database, ownsData: false, settings);

    private static async Task<GatewayHost> StartAsync(string data, PostgresDatabase? database, bool ownsData, string[] settings)
    {
        var app = await GatewayApp.CreateAsync(
            ["--urls=http://127.0.0.1:0", $"--Gateway:DataDirectory={data}", $"--Gateway:AdminKey={AdminKey}", .. database?.Settings ?? [], .. settings],
            TestContext.Current.CancellationToken);
        await app.StartAsync();
        return new GatewayHost(app, data, database, ownsData);
    }

    /// <summary>A client that sends the key as a bearer token. Its own time limit bounds a test that hangs.</summary>
    public HttpClient Client(string key) => new(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero })
    {
        BaseAddress = Address,
        Timeout = TimeSpan.FromSeconds(60),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
    };

    public async Task<string> NewKeyAsync(object? request = null)
    {
        using var response = await Admin.PostAsJsonAsync("/admin/keys", request ?? new { name = "test" });
        response.EnsureSuccessStatusCode();
        using var key = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return key.RootElement.GetProperty("key").GetString() ?? throw new InvalidOperationException("No key came.");
    }

    public async Task<HttpClient> NewCallerAsync(object? request = null) => Client(await NewKeyAsync(request));

    /// <summary>The call's row, waited for: rows are promised within two seconds of the call's end.</summary>
    public Task<JsonElement> RowAsync(string requestId) => RowAsync(Admin, requestId);

    public static async Task<JsonElement> RowAsync(HttpClient admin, string requestId)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        do
        {
            using var response = await admin.GetAsync(new Uri($"/admin/requests/{requestId}", UriKind.Relative), limit.Token);
            if (response.IsSuccessStatusCode)
            {
                return JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(limit.Token));
            }
        }
        while (await timer.WaitForNextTickAsync(limit.Token));
        throw new InvalidOperationException($"No row for {requestId}.");
    }

    /// <summary>Stops it as a signal does; ends when what ran has ended.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Admin.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_ownsData)
        {
            _database?.Dispose();
            Directory.Delete(_data, recursive: true);
        }
    }
}
