using System.Net;
using System.Text.Json.Nodes;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Calls;

/// <summary>The calls beside chat, and the other ways of addressing it: moderations, pictures, mapped paths, Azure's forms, the three lists of models.</summary>
public sealed class OtherFormsTests
{
    private const string Chat = """{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_moderation_without_a_model_means_the_default_one_and_nothing_is_added()
    {
        await using var upstream = FakeUpstream.Answering("""{"id":"modr-1","model":"m","results":[]}""");
        await using var gateway = await GatewayHost.StartAsync(
            upstream, "--Gateway:DefaultModels:Moderations=guard", "--Gateway:Models:1:Name=guard", "--Gateway:Models:1:Targets:0:Provider=fake", "--Gateway:Models:1:Targets:0:Model=guard-9");
        using var caller = await gateway.NewCallerAsync();
        const string ask = """{"input":["Hello"]}""";

        using var response = await caller.CallAsync(ask, "/v1/moderations", Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(ask, upstream.Calls.Single().BodyText);
        var row = await gateway.RowAsync(response.RequestId());
        Assert.Equal(("guard", "counted", 1), (row.GetProperty("model").GetString(), row.GetProperty("token_source").GetString(), row.GetProperty("input_tokens").GetInt64()));
    }

    [Fact]
    public async Task Pictures_cost_what_each_costs()
    {
        await using var upstream = FakeUpstream.Answering("""{"created":1,"data":[{"url":"u"},{"url":"u"}]}""");
        await using var gateway = await GatewayHost.StartAsync(
            upstream, "--Gateway:Models:1:Name=dall-e-2", "--Gateway:Models:1:Targets:0:Provider=fake", "--Gateway:Models:1:Price:PerImage=0.02");
        using var caller = await gateway.NewCallerAsync(new { name = "limited", limits = new[] { new { unit = "usd", limit = 0.05, per = "day" } } });
        const string ask = """{"prompt":"a cat","n":2}""";

        using var response = await caller.CallAsync(ask, "/v1/images/generations", Cancel);
        using var denied = await caller.CallAsync(ask, "/v1/images/generations", Cancel);

        Assert.Equal(ask, upstream.Calls.Single().BodyText);
        Assert.Equal(0.04m, (await gateway.RowAsync(response.RequestId())).GetProperty("cost_usd").GetDecimal());
        Assert.Equal(HttpStatusCode.TooManyRequests, denied.StatusCode);
    }

    [Fact]
    public async Task Pictures_reserve_a_ceiling_that_no_field_can_lower_and_are_settled_by_the_providers_usage()
    {
        const string completed = """data: {"type":"image_generation.completed","b64_json":"AAAA","usage":{"input_tokens":9,"output_tokens":1056,"total_tokens":1065}}""" + "\n\n";
        await using var upstream = FakeUpstream.Streaming(Sse.Bytes("""data: {"type":"image_generation.partial_image","b64_json":"AA"}""" + "\n\n", completed));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync(new { name = "limited", limits = new[] { new { unit = "tokens", limit = 9000, per = "day" } } });
        const string ask = """{"model":"gpt-4o","prompt":"a cat","stream":true,"partial_images":1}""";

        using var response = await caller.CallAsync(ask, "/v1/images/generations", Cancel);
        await response.Content.ReadAsStringAsync(Cancel);
        using var large = await caller.CallAsync(ask, "/v1/images/generations", Cancel);

        Assert.Equal(ask, upstream.Calls.Single().BodyText);
        var row = await gateway.RowAsync(response.RequestId());
        Assert.Equal(("provider", 9, 1056), (row.GetProperty("token_source").GetString(), row.GetProperty("input_tokens").GetInt64(), row.GetProperty("output_tokens").GetInt64()));
        Assert.Equal(HttpStatusCode.TooManyRequests, large.StatusCode);
    }

    [Theory]
    [InlineData("/v1/rerank")]
    [InlineData("/rerank")]
    public async Task A_mapped_path_is_keyed_and_metered_like_the_rest(string path)
    {
        await using var upstream = FakeUpstream.Answering("""{"results":[],"usage":{"total_tokens":17}}""");
        await using var gateway = await GatewayHost.StartAsync(upstream, "--Gateway:ExtraPaths:/v1/rerank=fake");
        using var caller = await gateway.NewCallerAsync();
        using var stranger = gateway.Client("x");
        const string ask = """{"query":"a","documents":["b"]}""";

        using var response = await caller.CallAsync(ask, path, Cancel);
        using var unknown = await stranger.CallAsync(ask, path, Cancel);

        Assert.Equal(("POST /v1/rerank HTTP/1.1", ask), (upstream.Calls.Single().RequestLine, upstream.Calls.Single().BodyText));
        Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);
        var row = await gateway.RowAsync(response.RequestId());
        Assert.Equal(("rerank", "fake", 17), (row.GetProperty("endpoint").GetString(), row.GetProperty("provider").GetString(), row.GetProperty("input_tokens").GetInt64()));
    }

    [Fact]
    public async Task A_path_that_nobody_mapped_is_unknown()
    {
        await using var gateway = await GatewayHost.StartAsync([]);
        using var caller = await gateway.NewCallerAsync();

        foreach (var path in new[] { "/v1/rerank", "/v1/fine_tuning/jobs", "/v1/assistants", "/v1/threads", "/openai/deployments/gpt-4o/nothing" })
        {
            using var response = await caller.CallAsync("{}", path, Cancel);
            Assert.Equal((path, HttpStatusCode.NotFound), (path, response.StatusCode));
            Assert.Contains("unknown_url", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"Hello"}]}""", """{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}]}""")]
    [InlineData("""{"model":"other","messages":[]}""", """{"model":"gpt-4o","messages":[]}""")]
    [InlineData("""{"model":null,"messages":[]}""", """{"model":"gpt-4o","messages":[]}""")]
    [InlineData("{}", """{"model":"gpt-4o"}""")]
    public async Task Azures_older_form_names_the_model_in_the_path_and_its_version_goes_no_further(string ask, string sent)
    {
        await using var upstream = FakeUpstream.Answering(Chat);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = gateway.Client("none");
        caller.DefaultRequestHeaders.Authorization = null;
        caller.DefaultRequestHeaders.Add("api-key", await gateway.NewKeyAsync());

        using var response = await caller.CallAsync(ask, "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21&x=1", Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("POST /v1/chat/completions?x=1 HTTP/1.1", sent), (upstream.Calls.Single().RequestLine, upstream.Calls.Single().BodyText));
        Assert.Equal("gpt-4o", (await gateway.RowAsync(response.RequestId())).GetProperty("model").GetString());
    }

    [Fact]
    public async Task Azures_newer_form_has_a_prefix_of_its_own()
    {
        await using var upstream = FakeUpstream.Answering(Chat);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync(Caller.Chat, "/openai/v1/chat/completions", Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("POST /v1/chat/completions HTTP/1.1", upstream.Calls.Single().RequestLine);
    }

    [Fact]
    public async Task Models_are_listed_in_the_form_of_who_asks()
    {
        await using var upstream = FakeUpstream.Answering(Chat);
        await using var gateway = await GatewayHost.StartAsync(upstream, "--Gateway:Models:1:Name=claude-x", "--Gateway:Models:1:Targets:0:Provider=fake");
        using var caller = await gateway.NewCallerAsync();
        using var claude = await gateway.NewCallerAsync();
        claude.DefaultRequestHeaders.Add("anthropic-version", "2023-06-01");

        var openai = await JsonAsync(caller, "/v1/models");
        var codex = await JsonAsync(caller, "/models?client_version=0.169.0");
        var first = await JsonAsync(claude, "/v1/models?limit=2");
        var rest = await JsonAsync(claude, $"/v1/models?limit=2&after_id={first?["last_id"]}");
        var before = await JsonAsync(claude, $"/v1/models?limit=1&before_id={rest?["first_id"]}");
        var one = await JsonAsync(claude, "/v1/models/claude-x");

        Assert.Equal("list", (string?)openai?["object"]);
        Assert.Equal(["gpt-4o", "claude-x", "echo"], Ids(openai?["data"], "id"));
        Assert.Equal(["gpt-4o", "claude-x", "echo"], Ids(codex?["models"], "slug"));
        Assert.Equal((2, true, "gpt-4o", "claude-x"), ((first?["data"]?.AsArray().Count ?? 0), (bool?)first?["has_more"], (string?)first?["first_id"], (string?)first?["last_id"]));
        Assert.Equal((1, false, "echo"), ((rest?["data"]?.AsArray().Count ?? 0), (bool?)rest?["has_more"], (string?)rest?["last_id"]));
        Assert.Equal(("claude-x", true), ((string?)before?["data"]?[0]?["id"], (bool?)before?["has_more"]));
        Assert.Equal(("model", "claude-x", "claude-x"), ((string?)one?["type"], (string?)one?["id"], (string?)one?["display_name"]));
    }

    private static IEnumerable<string?> Ids(JsonNode? list, string name) => list?.AsArray().Select(model => (string?)model?[name]) ?? [];

    private static async Task<JsonNode?> JsonAsync(HttpClient client, string path) => JsonNode.Parse(await client.GetStringAsync(new Uri(path, UriKind.Relative), Cancel));
}
