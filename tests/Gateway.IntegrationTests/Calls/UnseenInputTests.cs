using System.Net;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Stored;
using Xunit;

namespace Gateway.IntegrationTests.Calls;

/// <summary>What a prompt has beyond its body: it is reserved for, or refused where a hard limit could not be kept; and nothing in it is another key's.</summary>
public sealed class UnseenInputTests
{
    private const string First = """{"model":"gpt-4o","input":"Hello"}""";
    private const string Next = """{"model":"gpt-4o","input":"Hello","previous_response_id":"resp_1"}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_response_that_is_gone_on_from_is_reserved_for_and_a_hard_limit_holds()
    {
        await using var upstream = FakeUpstream.Start(call => call.RespondAsync(Response(call.BodyText.Contains("previous", StringComparison.Ordinal) ? 1020 : 1000, 10)));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync(Limited(3000));

        using var first = await caller.CallAsync(First, "/v1/responses", Cancel);
        await first.Content.ReadAsStringAsync(Cancel);
        using var next = await caller.CallAsync(Next, "/v1/responses", Cancel);
        await next.Content.ReadAsStringAsync(Cancel);
        using var third = await caller.CallAsync(Next, "/v1/responses", Cancel);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (first.StatusCode, next.StatusCode, third.StatusCode));
        // Of the 1,990 left: 7 for what is sent and 1,010 for what it goes on from are its prompt's.
        Assert.Equal("973", next.Headers.GetValues("x-gateway-max-output-tokens").Single());
        Assert.Equal("denied", (await gateway.RowAsync(third.RequestId())).GetProperty("outcome").GetString());
        using var key = JsonDocument.Parse(await caller.GetStringAsync(new Uri("/v1/key", UriKind.Relative), Cancel));
        Assert.Equal(1010 + 1030, key.RootElement.GetProperty("limits")[0].GetProperty("used").GetInt64());
    }

    [Fact]
    public async Task What_a_cut_answer_goes_on_from_is_counted_with_its_prompt()
    {
        await using var upstream = FakeUpstream.Start(async call =>
        {
            if (!call.BodyText.Contains("previous", StringComparison.Ordinal))
            {
                await call.RespondAsync(Response(1000, 10));
                return;
            }

            await call.BeginChunkedAsync("text/event-stream");
            await call.ChunkAsync("data: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi there\"}\n\n");
            call.Cut();
        });
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var first = await caller.CallAsync(First, "/v1/responses", Cancel);
        await first.Content.ReadAsStringAsync(Cancel);
        using var next = await caller.CallAsync(Next.Replace("\"Hello\"", "\"Hello\",\"stream\":true", StringComparison.Ordinal), "/v1/responses", Cancel);
        await Assert.ThrowsAnyAsync<Exception>(() => next.Content.ReadAsStringAsync(Cancel));

        // As in ResponsesTests: 7 for what is sent, and all of the first.
        var row = await gateway.RowAsync(next.RequestId());
        Assert.Equal(("upstream_cut", 1017, 2), (row.GetProperty("outcome").GetString(), row.GetProperty("input_tokens").GetInt64(), row.GetProperty("output_tokens").GetInt64()));
    }

    [Theory]
    [InlineData("""{"model":"gpt-4o","prompt":{"id":"pmpt_1"}}""")]
    [InlineData("""{"model":"gpt-4o","input":[{"type":"item_reference","id":"msg_1"}]}""")]
    [InlineData("""{"model":"gpt-4o","input":[{"role":"user","content":"Hi"},{"id":"msg_1"}]}""")]
    [InlineData("""{"model":"gpt-4o","input":[{"type":"item\u005freference","id":"msg_1"}]}""")]
    public async Task Of_what_only_the_provider_knows_a_models_whole_context_is_reserved(string body)
    {
        await using var upstream = FakeUpstream.Answering(Response(11, 7));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var enough = await gateway.NewCallerAsync(Limited(200_000));
        using var little = await gateway.NewCallerAsync(Limited(100_000));

        using var served = await enough.CallAsync(body, "/v1/responses", Cancel);
        using var denied = await little.CallAsync(body, "/v1/responses", Cancel);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (served.StatusCode, denied.StatusCode));
        Assert.True((await gateway.RowAsync(served.RequestId())).GetProperty("reserved_tokens").GetInt64() >= 128_000);
        Assert.Single(upstream.Calls);
    }

    [Theory]
    [InlineData("\"prompt\":{\"id\":\"pmpt_1\"}", "prompt")]
    [InlineData("\"input\":[{\"type\":\"item_reference\",\"id\":\"msg_1\"}]", "input")]
    public async Task Where_no_context_is_known_a_hard_limit_refuses_it_and_nothing_else_does(string field, string param)
    {
        await using var upstream = FakeUpstream.Answering(Response(11, 7));
        await using var gateway = await GatewayHost.StartAsync(upstream, "--Gateway:Models:1:Name=mine", "--Gateway:Models:1:Targets:0:Provider=fake");
        using var hard = await gateway.NewCallerAsync(Limited(1_000_000_000));
        using var soft = await gateway.NewCallerAsync(new { name = "soft", limits = new[] { new { unit = "tokens", limit = 1000, per = "day", mode = "soft" } } });
        using var counted = await gateway.NewCallerAsync(new { name = "counted", limits = new[] { new { unit = "requests", limit = 10, per = "day" } } });
        using var free = await gateway.NewCallerAsync();
        var body = $$"""{"model":"mine",{{field}}}""";

        using var refused = await hard.CallAsync(body, "/v1/responses", Cancel);
        foreach (var other in new[] { soft, counted, free })
        {
            using var served = await other.CallAsync(body, "/v1/responses", Cancel);
            Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        }

        using var error = JsonDocument.Parse(await refused.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(
            (HttpStatusCode.BadRequest, "invalid_request", param),
            (refused.StatusCode, error.RootElement.GetProperty("error").GetProperty("code").GetString(), error.RootElement.GetProperty("error").GetProperty("param").GetString()));
        Assert.Equal(3, upstream.Calls.Count);
    }

    [Theory]
    [InlineData("/v1/responses", "\"conversation\":\"conv_1\"")]
    [InlineData("/v1/responses", "\"conversation\":{\"id\":\"conv_1\"}")]
    [InlineData("/v1/responses/compact", "\"conversation\":\"conv_1\"")]
    [InlineData("/v1/responses/input_tokens", "\"conversation\":\"conv_1\"")]
    [InlineData("/v1/responses/input_tokens", "\"previous_response_id\":\"resp_1\"")]
    [InlineData("/v1/responses/compact", "\"previous_response_id\":\"resp_1\"")]
    [InlineData("/v1/responses", "\"tools\":[{\"type\":\"code_interpreter\",\"container\":{\"type\":\"auto\",\"file_ids\":[\"file-foreign-1\"]}}]")]
    [InlineData("/v1/responses", "\"tools\":[{\"container\":{\"file_ids\":[{},\"file-foreign-1\"]}}]")]
    [InlineData("/v1/responses", "\"input\":[{\"type\":\"input_file\",\"file\\u005fid\":\"file-foreign-1\"}]")]
    [InlineData("/v1/responses", "\"input\":[{\"type\":\"input_file\",\"\\u0066ile_id\":\"file-foreign-1\"}]")]
    public async Task Nothing_that_is_not_the_keys_own_is_named_in_a_body(string path, string field)
    {
        await using var upstream = new FileKeeper().Start();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync($$"""{"model":"gpt-4o","input":"Hello",{{field}}}""".Replace("\"input\":\"Hello\",\"input\"", "\"input\"", StringComparison.Ordinal), path, Cancel);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Empty(upstream.Calls);
    }

    [Theory]
    [InlineData("/v1/responses", "Conversation", false)]
    [InlineData("/v1/responses", "Previous_Response_ID", false)]
    [InlineData("/v1/responses", "Input_File_Id", true)]
    [InlineData("/v1/chat/completions", "Conversation", true)]
    [InlineData("/v1/chat/completions", "Previous_Response_ID", true)]
    public async Task A_field_in_other_letter_case_is_refused_where_it_could_be_taken_for_what_it_imitates(string path, string field, bool passes)
    {
        await using var upstream = FakeUpstream.Answering(Response(11, 7));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync($$"""{"model":"gpt-4o","{{field}}":"resp_1"}""", path, Cancel);

        Assert.Equal(passes ? HttpStatusCode.OK : HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(passes ? 1 : 0, upstream.Calls.Count);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("[\"conv_1\"]")]
    public async Task A_conversation_of_another_type_is_none(string value)
    {
        await using var upstream = FakeUpstream.Answering(Response(11, 7));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync($$"""{"model":"gpt-4o","input":"Hello","conversation":{{value}}}""", "/v1/responses", Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Empty(upstream.Calls);
    }

    [Fact]
    public async Task No_conversation_is_one()
    {
        await using var upstream = FakeUpstream.Answering(Response(11, 7));
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();

        using var response = await caller.CallAsync("""{"model":"gpt-4o","input":"Gr\u00fc\u00dfe","conversation":null,"previous_response_id":null,"prompt":null}""", "/v1/responses", Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static object Limited(long tokens) => new { name = "limited", limits = new[] { new { unit = "tokens", limit = tokens, per = "day" } } };

    private static string Response(long input, long output) =>
        $$"""{"id":"resp_1","object":"response","status":"completed","output":[],"usage":{"input_tokens":{{input}},"output_tokens":{{output}},"total_tokens":{{input + output}}} }""";
}
