using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Admin;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.Keys;
using Gateway.Ledger;
using Gateway.Storage;
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

    private readonly TempFolder _folder = new();
    private readonly WebApplication _app;

    private AdminApp(TimeProvider time)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(time);
        builder.Services.AddStorage(_folder.Path).AddKeys().AddLedger().AddAdmin(AdminKey.Open(_folder.Path, Key));
        _app = builder.Build();
        AdminRoutes.Map(_app);
    }

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

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    private static void RequireJson(HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/json")
        {
            throw new InvalidOperationException($"{response.StatusCode} came as '{response.Content.Headers.ContentType}'.");
        }
    }
}
