using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Lifecycle;

/// <summary>Starting and stopping as an operator sees it: processes, files, exit codes.</summary>
public sealed class StartTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fresh_gateway_is_locked_and_its_generated_admin_key_opens_the_way_to_a_streamed_answer()
    {
        using var folder = new TempFolder();
        await using var gateway = await GatewayProcess.StartAsync(folder.Path);
        using var client = new HttpClient { BaseAddress = gateway.Address };

        using var locked = await client.GetAsync(new Uri("/v1/models", UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, locked.StatusCode);

        var file = folder.File("data/admin-key");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        var adminKey = (await File.ReadAllTextAsync(file, Cancel)).Trim();
        Assert.DoesNotContain(adminKey, gateway.Output, StringComparison.Ordinal);
        var key = await CreateKeyAsync(client, adminKey);

        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var answer = await client.CallAsync("""{"model":"echo","stream":true,"messages":[{"role":"user","content":"Hello there"}]}""", cancel: Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("Hello", text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"usage\":{", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Terminated_it_finishes_running_streams_writes_everything_and_exits_with_0()
    {
        using var folder = new TempFolder();
        using var mayEnd = new SemaphoreSlim(0);
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync("text/event-stream");
            await call.ChunkAsync(Sse.Delta("Hi"));
            await mayEnd.WaitAsync(Cancel);
            await call.ChunkAsync(Sse.Bytes(Sse.Usage, Sse.Done));
            await call.EndChunksAsync();
        });
        string[] settings = Settings(upstream);
        await using var gateway = await GatewayProcess.StartAsync(folder.Path, settings);
        using var client = new HttpClient { BaseAddress = gateway.Address };
        var key = await CreateKeyAsync(client, GatewayHost.AdminKey);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await client.CallAsync(Caller.ChatStream, cancel: Cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(Cancel);
        await stream.ReadExactlyAsync(new byte[Sse.Bytes(Sse.Delta("Hi")).Length], Cancel);

        gateway.Terminate();
        await RefusesConnectionsAsync(gateway.Address);
        mayEnd.Release();

        using var rest = new StreamReader(stream);
        Assert.Equal(Sse.Done, await rest.ReadToEndAsync(Cancel));
        Assert.Equal(0, await gateway.ExitCodeAsync(TimeSpan.FromSeconds(20)));

        await using var again = await GatewayProcess.StartAsync(folder.Path, settings);
        var row = await RowAsync(again.Address, response.RequestId());
        Assert.Equal("completed", row.GetProperty("outcome").GetString());
        Assert.Equal(18, row.GetProperty("input_tokens").GetInt64() + row.GetProperty("output_tokens").GetInt64());
    }

    [Fact]
    public async Task Terminated_while_it_starts_it_exits_with_0()
    {
        using var folder = new TempFolder();

        // A database that never says a word holds the start up for as long as the settings allow.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var database = $"Host=127.0.0.1;Port={((IPEndPoint)silent.LocalEndpoint).Port};Database=g;Username=g;Password=g;Timeout=60";
        await using var gateway = GatewayProcess.Launch(folder.Path, null, "--Gateway:Database:Provider=postgres", $"--Gateway:Database:ConnectionString={database}");
        using var connection = await silent.AcceptTcpClientAsync(Cancel);

        gateway.Terminate();

        Assert.Equal(0, await gateway.ExitCodeAsync(TimeSpan.FromSeconds(60)));
        Assert.DoesNotContain("Exception", gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_outlives_the_drain_is_cut_and_recorded()
    {
        using var folder = new TempFolder();
        await using var upstream = FakeUpstream.Start(async call =>
        {
            await call.BeginChunkedAsync("text/event-stream");
            await call.ChunkAsync(Sse.Delta("Hi"));
            await call.GoneAsync(Cancel);
        });
        string[] settings = [.. Settings(upstream), "--Gateway:DrainSeconds=1"];
        await using var gateway = await GatewayProcess.StartAsync(folder.Path, settings);
        using var client = new HttpClient { BaseAddress = gateway.Address };
        var key = await CreateKeyAsync(client, GatewayHost.AdminKey);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await client.CallAsync(Caller.ChatStream, cancel: Cancel);

        gateway.Terminate();

        Assert.Equal(0, await gateway.ExitCodeAsync(TimeSpan.FromSeconds(20)));
        await using var again = await GatewayProcess.StartAsync(folder.Path, settings);
        Assert.Equal(1, (await RowAsync(again.Address, response.RequestId())).GetProperty("output_tokens").GetInt64());
    }

    [Fact]
    public async Task Killed_it_loses_no_key_and_no_row()
    {
        using var folder = new TempFolder();
        await using var upstream = FakeUpstream.Streaming(Sse.Bytes(Sse.Delta("Hi"), Sse.Usage, Sse.Done));
        var settings = Settings(upstream);
        string key, id;
        await using (var gateway = await GatewayProcess.StartAsync(folder.Path, settings))
        {
            using var client = new HttpClient { BaseAddress = gateway.Address };
            key = await CreateKeyAsync(client, GatewayHost.AdminKey);
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            using var response = await client.CallAsync(Caller.ChatStream, cancel: Cancel);
            id = response.RequestId();
            await response.Content.ReadAsStringAsync(Cancel);
            await RowAsync(gateway.Address, id);
            gateway.Kill();
        }

        await using var again = await GatewayProcess.StartAsync(folder.Path, settings);
        Assert.Equal("completed", (await RowAsync(again.Address, id)).GetProperty("outcome").GetString());
        using var caller = new HttpClient { BaseAddress = again.Address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
        using var models = await caller.GetAsync(new Uri("/v1/models", UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.OK, models.StatusCode);
    }

    [Theory]
    [InlineData("--Gateway:Timeouts:ConectSeconds=5", "Gateway:Timeouts:ConectSeconds")]
    [InlineData("--Gateway:Timeouts:ConnectSeconds=ten", "Gateway:Timeouts:ConnectSeconds")]
    [InlineData("--Gateway:AdminKey=short", "Gateway:AdminKey")]
    public async Task An_impossible_setting_stops_the_start_with_a_line_that_names_it(string setting, string named)
    {
        using var folder = new TempFolder();
        await using var gateway = GatewayProcess.Launch(folder.Path, null, setting);

        Assert.NotEqual(0, await gateway.ExitCodeAsync(TimeSpan.FromSeconds(20)));
        Assert.Contains(named, gateway.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", gateway.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://localhost:0", "Kestrel:Certificates:Default:Path")]
    [InlineData("https://localhost:0", "Can't listen by https", "--Kestrel:Certificates:Default:Path=broken.pem")]
    public async Task Https_without_a_usable_certificate_stops_the_start_with_one_line(string address, string said, params string[] settings)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "broken.pem"), "no certificate", Cancel);

        // No development certificate of whoever runs the tests.
        await using var gateway = GatewayProcess.Launch(folder.Path, new Dictionary<string, string> { ["HOME"] = folder.Path }, [$"--urls={address}", .. settings]);

        Assert.Equal(1, await gateway.ExitCodeAsync(TimeSpan.FromSeconds(20)));
        Assert.Single(gateway.Output.Split('\n'), line => line.Contains(said, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", gateway.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", 0, "ok")]
    [InlineData("""{ "Gateway": { "EchoModel": "maybe" } }""", 1, "appsettings.json:1: Gateway:EchoModel = \"maybe\": true or false is accepted.")]
    [InlineData("""{ "Gateway": """, 1, "Failed to load configuration from file")]
    public async Task Check_tells_whether_the_settings_have_faults_and_starts_nothing(string json, int code, string said)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "appsettings.json"), json, Cancel);
        await using var gateway = GatewayProcess.Launch(folder.Path, new Dictionary<string, string> { ["ASPNETCORE_URLS"] = "http://127.0.0.1:1" }, "check");

        Assert.Equal(code, await gateway.ExitCodeAsync(TimeSpan.FromSeconds(20)));
        Assert.StartsWith(said, gateway.Output, StringComparison.Ordinal);
        Assert.Single(gateway.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "data")));
    }

    [Theory]
    [InlineData("http://localhost:port")]
    [InlineData("http://localhost:99999")]
    [InlineData("http://203.0.113.9:4000")]
    public async Task An_address_that_can_not_be_listened_on_stops_the_start_with_a_line_that_names_it(string address)
    {
        using var folder = new TempFolder();
        await using var gateway = GatewayProcess.Launch(folder.Path, null, $"--urls={address}");

        Assert.Equal(1, await gateway.ExitCodeAsync(TimeSpan.FromSeconds(20)));
        Assert.Contains(address, gateway.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_port_stops_the_start_with_a_line_and_no_stack()
    {
        using var folder = new TempFolder();
        await using var upstream = FakeUpstream.Streaming([]);
        var taken = new Uri(upstream.BaseUrl).GetLeftPart(UriPartial.Authority);
        await using var gateway = GatewayProcess.Launch(folder.Path, null, $"--urls={taken}");

        Assert.Equal(1, await gateway.ExitCodeAsync(TimeSpan.FromSeconds(20)));
        Assert.Contains("already in use. Stop what listens there", gateway.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environment_says_where_it_listens_also_beside_the_settings_file_it_comes_with()
    {
        using var folder = new TempFolder();
        File.Copy(Path.Combine(AppContext.BaseDirectory, "../../../../../appsettings.json"), folder.File("appsettings.json"));
        await using var gateway = GatewayProcess.Launch(folder.Path, new Dictionary<string, string> { ["ASPNETCORE_URLS"] = GatewayProcess.FreeAddress() });

        await gateway.ReadyAsync();
    }

    [Fact]
    public async Task A_setting_that_only_the_file_beside_it_holds_is_bound()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("appsettings.json"), """{ "Gateway": { "EchoModel": false, "DataDirectory": "elsewhere" } }""", Cancel);
        await using var gateway = await GatewayProcess.StartAsync(folder.Path);

        Assert.True(File.Exists(folder.File("elsewhere/admin-key")));
    }

    private static string[] Settings(FakeUpstream upstream) =>
    [
        $"--Gateway:AdminKey={GatewayHost.AdminKey}", "--Gateway:Providers:fake:Kind=openai", $"--Gateway:Providers:fake:BaseUrl={upstream.BaseUrl}",
        "--Gateway:Models:0:Name=gpt-4o", "--Gateway:Models:0:Targets:0:Provider=fake",
    ];

    private static async Task<string> CreateKeyAsync(HttpClient client, string adminKey)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/keys") { Content = JsonContent.Create(new { name = "me" }) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", adminKey);
        using var response = await client.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var created = await response.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        return created.GetProperty("key").GetString() ?? "";
    }

    private static async Task<JsonElement> RowAsync(Uri address, string id)
    {
        using var admin = new HttpClient { BaseAddress = address, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", GatewayHost.AdminKey) } };
        return await GatewayHost.RowAsync(admin, id);
    }

    private static async Task RefusesConnectionsAsync(Uri address)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await timer.WaitForNextTickAsync(Cancel))
        {
            using var probe = new System.Net.Sockets.TcpClient();
            try
            {
                await probe.ConnectAsync(address.Host, address.Port, Cancel);
            }
            catch (System.Net.Sockets.SocketException)
            {
                return;
            }
        }
    }
}
