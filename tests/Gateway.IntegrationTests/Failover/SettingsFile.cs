using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;

namespace Gateway.IntegrationTests.Failover;

/// <summary>A gateway process whose settings are in the file that operators edit.</summary>
internal sealed class SettingsFile : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly HttpClient _admin = new();
    private GatewayProcess? _process;

    public GatewayProcess Process => _process ?? throw new InvalidOperationException("Not started.");

    public HttpClient Admin => _admin;

    public static async Task<SettingsFile> StartAsync(string routing)
    {
        var file = new SettingsFile();
        file.Write(routing);
        file._process = await GatewayProcess.StartAsync(file._folder.Path);
        file._admin.BaseAddress = file._process.Address;
        file._admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", GatewayHost.AdminKey);
        return file;
    }

    /// <param name="routing">Members of the section <c>Gateway</c>.</param>
    public void Write(string routing) => WriteWhole($$"""{ "Gateway": { "AdminKey": "{{GatewayHost.AdminKey}}", {{routing}} } }""");

    /// <summary>Put in place at once, as careful tools do.</summary>
    public void WriteWhole(string text)
    {
        File.WriteAllText(_folder.File("appsettings.new"), text);
        File.Move(_folder.File("appsettings.new"), _folder.File("appsettings.json"), overwrite: true);
    }

    public async Task<HttpClient> NewCallerAsync(object key)
    {
        using var response = await _admin.PostAsJsonAsync("/admin/keys", key);
        var made = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
        return new HttpClient
        {
            BaseAddress = Process.Address,
            Timeout = TimeSpan.FromSeconds(60),
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", made.GetProperty("key").GetString()) },
        };
    }

    public async ValueTask DisposeAsync()
    {
        _admin.Dispose();
        if (_process is { } process)
        {
            await process.DisposeAsync();
        }

        _folder.Dispose();
    }
}
