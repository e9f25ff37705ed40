using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Admin;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.Keys;
using Gateway.Ledger;
using Gateway.Prompts;
using Gateway.Providers;
using Gateway.Quotas;
using Gateway.Storage;
using Gateway.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Admin;

/// <summary>The admin API on a real port and a real database, and a client for it.</summary>
internal sealed class AdminApp : IAsyncDisposable
{
    public const string Key = "admin-key-of-the-tests";

    private const long Epoch = 1;

    private readonly TempFolder _folder = new();
    private readonly WebApplication _app;

    private AdminApp(TimeProvider time)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(time);
        builder.Services.AddStorage(_folder.Path, TempFolder.AddressIn(_folder.Path)).AddKeys().AddLedger().AddPromptLog(_ => () => []).AddAdmin(AdminKey.Open(_folder.Path, Key)).AddLimitFigures();
        Counters = new EmbeddedQuotaStore(new QuotaCalendar(TimeZoneInfo.Utc), time);
        builder.Services.AddSingleton<LimitReader>(ReadAsync);
        builder.Services.AddSingleton<GatewayMetrics>();
        builder.Services.AddSingleton(_ => new Routing(
            new CatalogSource
            {
                ConnectTimeout = TimeSpan.FromSeconds(5),
                Echo = new SocketsHttpHandler(),
                Health = new HealthBounds(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(600)),
                Time = time,
            },
            new RoutingOptions(),
            []));
        _app = builder.Build();
        AdminRoutes.Map(_app);
    }

    /// <summary>The counters behind the figures, all at <see cref="Epoch"/>.</summary>
    public EmbeddedQuotaStore Counters { get; }

    /// <summary>Whether the counters can't be asked.</summary>
    public bool CountersAreAway { get; set; }

    public string DatabasePath => _folder.DatabasePath;

    public LedgerWriter Ledger => _app.Services.GetRequiredService<LedgerWriter>();

    public HttpClient Client { get; } = new();

    public static async Task<AdminApp> StartAsync(CancellationToken cancel, TimeProvider? time = null)
    {
        var app = new AdminApp(time ?? TimeProvider.System);
        await app._app.StartAsync(cancel);
        app.Client.BaseAddress = new Uri(app._app.Urls.Single());
        return app;
    }

    public async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(HttpMethod method, string path, string? body = null, string? key = Key)
    {
        using var request = new HttpRequestMessage(method, path);
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var response = await Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        RequireJson(response);
        return (response.StatusCode, JsonSerializer.Deserialize<JsonElement>(text));
    }

    /// <summary>Whether the secret is a caller's key here.</summary>
    public async ValueTask<bool> OpensAsync(string secret, CancellationToken cancel) =>
        (await _app.Services.GetRequiredService<KeyRing>().FindAsync(secret, cancel)).TryGet(out _, out _);

    /// <summary>The counters of a team, or of a key without one, ready to count.</summary>
    public async Task<QuotaShard> OpenAsync(string tag, CancellationToken cancel)
    {
        var shard = new QuotaShard(tag, Epoch);
        await Counters.BeginRebuildAsync(shard, cancel);
        await Counters.ActivateAsync(shard, cancel);
        return shard;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    private async ValueTask<IReadOnlyList<LimitFigure>?> ReadAsync(string tag, IReadOnlyList<Limit> limits, CancellationToken cancel)
    {
        if (CountersAreAway)
        {
            return null;
        }

        var shard = new QuotaShard(tag, Epoch);
        var reply = await Counters.ReadAsync(shard, limits, cancel);
        if (!reply.TryGet(out _, out _))
        {
            await OpenAsync(tag, cancel);
            reply = await Counters.ReadAsync(shard, limits, cancel);
        }

        return reply.TryGet(out var figures, out _) ? figures : null;
    }

    private static void RequireJson(HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/json")
        {
            throw new InvalidOperationException($"{response.StatusCode} came as '{response.Content.Headers.ContentType}'.");
        }
    }
}
