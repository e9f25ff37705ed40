using System.Net;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.Proxy;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.IntegrationTests.Stored;

/// <summary>What a provider keeps for one key is nobody else's.</summary>
public sealed class FileAndBatchTests
{
    private const string Usage = ""","usage":{"input_tokens":100,"output_tokens":40,"total_tokens":140,"input_tokens_details":{"cached_tokens":20}}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_is_its_own_keys_and_404_for_every_other()
    {
        var keeper = new FileKeeper();
        await using var upstream = keeper.Start();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var owner = await gateway.NewCallerAsync();
        using var other = await gateway.NewCallerAsync();
        var id = await UploadAsync(owner);

        string[] calls = ["GET /v1/files/{0}", "GET /v1/files/{0}/content", "DELETE /v1/files/{0}", "GET /files/{0}"];
        foreach (var call in calls)
        {
            Assert.Equal((call, 404), (call, await StatusAsync(other, string.Format(System.Globalization.CultureInfo.InvariantCulture, call, id))));
            Assert.Equal((call, 404), (call, await StatusAsync(other, string.Format(System.Globalization.CultureInfo.InvariantCulture, call, "file-foreign-1"))));
            Assert.Equal((call, 200), (call, await StatusAsync(owner, string.Format(System.Globalization.CultureInfo.InvariantCulture, call, id))));
        }

        // Four calls of the owner's and the upload: nothing of the other's went out.
        Assert.Equal(5, upstream.Calls.Count);
        using var refused = await other.GetAsync(new Uri($"/v1/files/{id}", UriKind.Relative), Cancel);
        using var error = JsonDocument.Parse(await refused.Content.ReadAsStringAsync(Cancel));
        Assert.Equal("invalid_request_error", error.RootElement.GetProperty("error").GetProperty("type").GetString());
        Assert.Equal("rejected", (await gateway.RowAsync(refused.RequestId())).GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task A_chat_names_no_file_but_the_callers_own()
    {
        await using var upstream = new FileKeeper().Start();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var owner = await gateway.NewCallerAsync();
        using var other = await gateway.NewCallerAsync();
        var body = $$"""{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"{{await UploadAsync(owner)}}"} }]}]}""";

        using var own = await owner.CallAsync(body, cancel: Cancel);
        using var foreign = await other.CallAsync(body, cancel: Cancel);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (own.StatusCode, foreign.StatusCode));
        Assert.Equal(2, upstream.Calls.Count);
    }

    [Theory]
    [InlineData("{", "invalid_json")]
    [InlineData("""{"input_file_id":"file-1"} x""", "invalid_json")]
    [InlineData("""{"input_file_id":"file-1","endpoint":"/v1/embeddings","endpoint":"/v1/chat/completions"}""", "invalid_request")]
    [InlineData("""{"input_file_id":"file-1","Input_File_Id":"file-foreign-1"}""", "invalid_request")]
    [InlineData("""{"input_file_id":"file-1","input\u005ffile_id":"file-foreign-1"}""", "invalid_request")]
    [InlineData("""["file-1"]""", "invalid_request")]
    public async Task A_batch_that_two_parsers_could_understand_differently_is_refused(string body, string code)
    {
        await using var upstream = new FileKeeper().Start();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();
        await UploadAsync(caller);

        using var response = await caller.CallAsync(body, "/v1/batches", Cancel);

        using var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel));
        Assert.Equal((HttpStatusCode.BadRequest, code), (response.StatusCode, error.RootElement.GetProperty("error").GetProperty("code").GetString()));
        Assert.Single(upstream.Calls);
    }

    [Fact]
    public async Task A_list_after_another_keys_file_is_refused_and_counts_nothing()
    {
        await using var upstream = new FileKeeper().Start();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var owner = await gateway.NewCallerAsync();
        using var other = await gateway.NewCallerAsync(new { name = "limited", limits = new[] { new { unit = "requests", limit = 5, per = "day" } } });
        var theirs = await UploadAsync(owner);

        using var refused = await other.GetAsync(new Uri($"/v1/files?after={theirs}", UriKind.Relative), Cancel);

        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        Assert.Equal("rejected", (await gateway.RowAsync(refused.RequestId())).GetProperty("outcome").GetString());
        using var key = JsonDocument.Parse(await other.GetStringAsync(new Uri("/v1/key", UriKind.Relative), Cancel));
        Assert.Equal(0, key.RootElement.GetProperty("limits")[0].GetProperty("used").GetInt64());
    }

    [Fact]
    public async Task A_list_holds_the_keys_own_files_and_pages_by_them()
    {
        var keeper = new FileKeeper();
        await using var upstream = keeper.Start();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var owner = await gateway.NewCallerAsync();
        using var other = await gateway.NewCallerAsync();
        string[] mine = [await UploadAsync(owner), await UploadAsync(owner)];
        var theirs = await UploadAsync(other);
        var last = await UploadAsync(owner);

        var all = await ListAsync(owner, "");
        Assert.Equal([.. mine, last], Ids(all));
        Assert.False(all.GetProperty("has_more").GetBoolean());
        Assert.Equal([theirs], Ids(await ListAsync(other, "?limit=5&order=desc")));

        var first = await ListAsync(owner, "?limit=2");
        Assert.Equal(mine, Ids(first));
        Assert.True(first.GetProperty("has_more").GetBoolean());
        Assert.Equal([last], Ids(await ListAsync(owner, $"?limit=2&after={first.GetProperty("last_id").GetString()}")));
        Assert.Equal(404, await StatusAsync(owner, $"GET /v1/files?after={theirs}"));
        Assert.Equal(400, await StatusAsync(owner, "GET /v1/files?limit=x"));
    }

    [Fact]
    public async Task A_key_without_files_has_an_empty_list_and_nobody_is_asked()
    {
        await using var upstream = new FileKeeper().Start();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        Assert.Empty(Ids(await ListAsync(caller, "")));
        Assert.Empty(upstream.Calls);
    }

    [Fact]
    public async Task An_upload_passes_byte_for_byte_and_counts_as_one_request()
    {
        await using var upstream = new FileKeeper().Start();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync(new { name = "limited", limits = new[] { new { unit = "requests", limit = 1, per = "day" } } });
        var form = Forms.Bytes(Forms.Field("purpose", "batch"), Forms.File("file", new byte[1_000_000]));

        using var response = await caller.UploadAsync("/v1/files", form, Cancel);
        using var second = await caller.UploadAsync("/v1/files", form, Cancel);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (response.StatusCode, second.StatusCode));
        Assert.Equal(form, upstream.Calls.Single().Body);
        var row = await gateway.RowAsync(response.RequestId());
        Assert.Equal(("files", "completed", "fake", "none"), (Text(row, "endpoint"), Text(row, "outcome"), Text(row, "provider"), Text(row, "token_source")));
    }

    [Fact]
    public async Task A_batch_and_its_files_are_its_own_keys()
    {
        var keeper = new FileKeeper();
        await using var upstream = keeper.Start();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var owner = await gateway.NewCallerAsync();
        using var other = await gateway.NewCallerAsync();
        var input = await UploadAsync(owner);

        Assert.Equal(404, await CreateAsync(other, input));
        Assert.Equal(200, await CreateAsync(owner, input));
        Assert.Equal(404, await StatusAsync(owner, "GET /v1/files/file-out/content"));
        keeper.Batch = keeper.Batch.Replace("\"output_file_id\":null", "\"output_file_id\":\"file-out\"", StringComparison.Ordinal);
        Assert.Equal(404, await StatusAsync(other, "GET /v1/batches/batch_1"));
        Assert.Equal(404, await StatusAsync(other, "POST /v1/batches/batch_1/cancel"));
        Assert.Equal(200, await StatusAsync(owner, "GET /v1/batches/batch_1"));

        Assert.Equal(200, await StatusAsync(owner, "GET /v1/files/file-out/content"));
        Assert.Equal(404, await StatusAsync(other, "GET /v1/files/file-out/content"));
        Assert.Equal(200, await StatusAsync(owner, "POST /v1/batches/batch_1/cancel"));
        Assert.Equal(["batch_1"], Ids(await ListAsync(owner, "", "/v1/batches")));
        Assert.Empty(Ids(await ListAsync(other, "", "/v1/batches")));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"input_file_id":"file-1","input_file_id":"file-2"}""")]
    [InlineData("""{"input_file_id":7}""")]
    public async Task A_batch_must_name_its_input_once(string body)
    {
        await using var upstream = new FileKeeper().Start();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(body, "/v1/batches", Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Empty(upstream.Calls);
    }

    [Fact]
    public async Task A_key_with_a_list_of_models_may_not_send_what_nobody_reads()
    {
        await using var upstream = new FileKeeper().Start();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        string[] models = ["gpt-4o"];
        using var caller = await gateway.NewCallerAsync(new { name = "listed", models });

        Assert.Equal(403, await CreateAsync(caller, await UploadAsync(caller)));
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task A_batch_is_charged_once_when_its_results_are_known(bool toldByBatch)
    {
        var keeper = new FileKeeper();
        await using var upstream = keeper.Start();
        await using var gateway = await GatewayHost.StartAsync(upstream, "--Gateway:Models:0:Price:Input=1");
        using var caller = await gateway.NewCallerAsync(new { name = "limited", limits = new[] { new { unit = "tokens", limit = 120, per = "day", mode = "hard" } } });
        Assert.Equal(200, await CreateAsync(caller, await UploadAsync(caller)));
        Assert.Equal(0, await UsedAsync(caller));

        keeper.Put("file-out", string.Concat(Enumerable.Repeat("""{"id":"b","response":{"status_code":200,"body":{"model":"gpt-4o","usage":{"prompt_tokens":50,"completion_tokens":20,"total_tokens":70,"prompt_tokens_details":{"cached_tokens":10}}}}}""" + "\n", 2)).TrimEnd('\n'));
        keeper.Batch = $$"""{"id":"batch_1","object":"batch","status":"completed","model":"gpt-4o","input_file_id":"file-1","output_file_id":"file-out"{{(toldByBatch ? Usage : "")}}}""";
        var charges = gateway.Services.GetRequiredService<BatchCharges>();
        await Task.WhenAll(charges.ChargeAsync(Cancel), charges.ChargeAsync(Cancel));
        var row = await OnlyRowAsync(gateway);
        await charges.ChargeAsync(Cancel);
        Assert.Equal(200, await StatusAsync(caller, "GET /v1/batches/batch_1"));
        await charges.ChargeAsync(Cancel);

        // What is spent is spent: also beyond a hard limit.
        Assert.Equal(140, await UsedAsync(caller));
        Assert.Equal(429, await CreateAsync(caller, "file-1"));
        Assert.Equal(row.GetProperty("id").GetString(), (await OnlyRowAsync(gateway)).GetProperty("id").GetString());
        Assert.Equal((100, 40, 20, "provider", "gpt-4o"), (Number(row, "input_tokens"), Number(row, "output_tokens"), Number(row, "cached_tokens"), Text(row, "token_source"), Text(row, "model")));
        await using var db = await gateway.Services.GetRequiredService<IDbContextFactory<GatewayDb>>().CreateDbContextAsync(Cancel);
        Assert.Equal(-1, (await db.OwnedIds.SingleAsync(o => o.Kind == "batch", Cancel)).SettlingSince);
    }

    [Fact]
    public async Task A_batch_whose_charging_process_died_is_charged_by_the_next()
    {
        var keeper = new FileKeeper();
        await using var upstream = keeper.Start();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();
        Assert.Equal(200, await CreateAsync(caller, await UploadAsync(caller)));
        var dbs = gateway.Services.GetRequiredService<IDbContextFactory<GatewayDb>>();
        await using (var db = await dbs.CreateDbContextAsync(Cancel))
        {
            await db.OwnedIds.Where(o => o.Kind == "batch").ExecuteUpdateAsync(set => set.SetProperty(o => o.SettledBy, "req_lost").SetProperty(o => o.SettlingSince, 1), Cancel);
        }

        keeper.Batch = $$"""{"id":"batch_1","object":"batch","status":"completed","model":"gpt-4o"{{Usage}}}""";
        await gateway.Services.GetRequiredService<BatchCharges>().ChargeAsync(Cancel);

        Assert.Equal(100, Number(await OnlyRowAsync(gateway), "input_tokens"));
    }

    [Fact]
    public async Task Whose_a_file_is_survives_a_restart_and_the_keys_end()
    {
        using var data = new TempFolder();
        await using var upstream = new FileKeeper().Start();
        string[] settings = [$"--Gateway:DataDirectory={data.Path}", $"--Gateway:AdminKey={GatewayHost.AdminKey}", "--Gateway:Providers:fake:Kind=openai", $"--Gateway:Providers:fake:BaseUrl={upstream.BaseUrl}"];
        string id;
        string key;
        await using (var gateway = await GatewayHost.StartAsync(settings))
        {
            key = await gateway.NewKeyAsync();
            using var caller = gateway.Client(key);
            id = await UploadAsync(caller);
        }

        await using var again = await GatewayHost.StartAsync(settings);
        using var owner = again.Client(key);
        using var other = await again.NewCallerAsync();
        Assert.Equal((200, 404), (await StatusAsync(owner, $"GET /v1/files/{id}"), await StatusAsync(other, $"GET /v1/files/{id}")));
    }

    private static async Task<JsonElement> OnlyRowAsync(GatewayHost gateway)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await timer.WaitForNextTickAsync(limit.Token))
        {
            using var page = JsonDocument.Parse(await gateway.Admin.GetStringAsync(new Uri("/admin/requests?limit=100", UriKind.Relative), Cancel));
            var charged = page.RootElement.GetProperty("data").EnumerateArray().Where(row => Text(row, "token_source") == "provider").ToList();
            if (charged.Count > 0)
            {
                return charged.Single().Clone();
            }
        }

        throw new InvalidOperationException("No batch was charged.");
    }

    private static async Task<long> UsedAsync(HttpClient caller)
    {
        using var key = JsonDocument.Parse(await caller.GetStringAsync(new Uri("/v1/key", UriKind.Relative), Cancel));
        return key.RootElement.GetProperty("limits")[0].GetProperty("used").GetInt64();
    }

    private static async Task<string> UploadAsync(HttpClient caller)
    {
        using var response = await caller.UploadAsync("/v1/files", Forms.Bytes(Forms.Field("purpose", "batch"), Forms.File("file", [1, 2, 3])), Cancel);
        using var file = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel));
        return file.RootElement.GetProperty("id").GetString() ?? "";
    }

    private static async Task<int> CreateAsync(HttpClient caller, string input)
    {
        using var response = await caller.CallAsync($$"""{"input_file_id":"{{input}}","endpoint":"/v1/chat/completions","completion_window":"24h"}""", "/v1/batches", Cancel);
        return (int)response.StatusCode;
    }

    private static async Task<int> StatusAsync(HttpClient caller, string call)
    {
        using var request = new HttpRequestMessage(new HttpMethod(call.Split(' ')[0]), call.Split(' ')[1]);
        using var response = await caller.SendAsync(request, Cancel);
        return (int)response.StatusCode;
    }

    private static async Task<JsonElement> ListAsync(HttpClient caller, string query, string path = "/v1/files") =>
        JsonSerializer.Deserialize<JsonElement>(await caller.GetStringAsync(new Uri(path + query, UriKind.Relative), Cancel));

    private static IEnumerable<string?> Ids(JsonElement list) => list.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("id").GetString());

    private static string? Text(JsonElement row, string name) => row.GetProperty(name).GetString();

    private static long Number(JsonElement row, string name) => row.GetProperty(name).GetInt64();
}
