using System.Net;
using System.Text;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Providers;

/// <summary>Providers of every kind as their side of the wire sees them.</summary>
public sealed class ProviderKindTests
{
    private const string Answer = """{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}""";
    private const string Chat = """{"model":"m","messages":[{"role":"user","content":"hello"}]}""";
    private const string FirstKey = "first-upstream-secret-0123456789";
    private const string SecondKey = "second-upstream-secret-0123456789";

    [Theory]
    [InlineData("", "2024-10-21", "POST /openai/deployments/my-gpt/chat/completions?api-version=2024-10-21 HTTP/1.1")]
    [InlineData("", null, "POST /openai/v1/chat/completions HTTP/1.1")]
    [InlineData("/openai/v1", "preview", "POST /openai/v1/chat/completions?api-version=preview HTTP/1.1")]
    public async Task Azure_gets_the_deployment_in_path_or_body_and_its_key_in_its_own_header(string path, string? version, string requestLine)
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await StartAsync(upstream, path,
            ["--Gateway:Providers:p:Kind=azure", $"--Gateway:Providers:p:ApiKey={FirstKey}", .. version is null ? (string[])[] : [$"--Gateway:Providers:p:ApiVersion={version}"]]);
        using var caller = await gateway.NewCallerAsync();

        using var response = await PostAsync(caller, "/v1/chat/completions?api-version=2023-05-15");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var call = Assert.Single(upstream.Calls);
        Assert.Equal(requestLine, call.RequestLine);
        Assert.Equal(FirstKey, call.Header("api-key"));
        Assert.Null(call.Header("authorization"));
        Assert.Equal(Chat.Replace("\"m\"", "\"my-gpt\"", StringComparison.Ordinal), call.BodyText);
    }

    [Fact]
    public async Task Anthropics_chat_call_is_forwarded_where_the_settings_say_that_it_is_spoken()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await StartAsync(upstream, "",
            ["--Gateway:Providers:p:Kind=anthropic", $"--Gateway:Providers:p:ApiKey={FirstKey}", "--Gateway:Providers:p:Endpoints:0=chat/completions"]);
        using var caller = await gateway.NewCallerAsync();
        caller.DefaultRequestHeaders.Add("anthropic-beta", "context-1m");

        using var response = await PostAsync(caller, "/v1/chat/completions");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var call = Assert.Single(upstream.Calls);
        Assert.Equal("POST /v1/chat/completions HTTP/1.1", call.RequestLine);
        Assert.Equal($"Bearer {FirstKey}", call.Header("authorization"));
        Assert.Equal("context-1m", call.Header("anthropic-beta"));
        Assert.Equal("2023-06-01", call.Header("anthropic-version"));
    }

    [Fact]
    public async Task A_form_that_a_kind_does_not_speak_is_refused_here()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await StartAsync(upstream, "", ["--Gateway:Providers:p:Kind=anthropic", $"--Gateway:Providers:p:ApiKey={FirstKey}"]);
        using var caller = await gateway.NewCallerAsync();

        using var response = await PostAsync(caller, "/v1/chat/completions");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("endpoint_not_supported", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Empty(upstream.Calls);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(429)]
    public async Task A_call_whose_key_is_refused_is_answered_by_the_next_key_once_and_charged_once(int refusal)
    {
        await using var upstream = FakeUpstream.Start(call => call.Header("authorization") == $"Bearer {FirstKey}"
            ? call.RespondAsync("""{"error":{"message":"no"}}""", refusal)
            : call.RespondAsync(Answer));
        await using var gateway = await StartAsync(upstream, "/v1", [$"--Gateway:Providers:p:ApiKeys:0={FirstKey}", $"--Gateway:Providers:p:ApiKeys:1={SecondKey}"]);
        using var caller = await gateway.NewCallerAsync();

        for (var i = 0; i < 3; i++)
        {
            using var response = await PostAsync(caller, "/v1/chat/completions");
            Assert.Equal(Answer, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            var row = await gateway.RowAsync(response.Headers.GetValues("x-request-id").Single());
            Assert.Equal(3, row.GetProperty("input_tokens").GetInt32());
            Assert.Equal("completed", row.GetProperty("outcome").GetString());
        }

        // The refused key is left out after its first refusal.
        Assert.Equal(4, upstream.Calls.Count);
        Assert.Single(upstream.Calls, call => call.Header("authorization") == $"Bearer {FirstKey}");
        Assert.All(upstream.Calls, call => Assert.Contains("my-gpt", call.BodyText, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_large_body_is_sent_whole_to_the_next_key()
    {
        await using var upstream = FakeUpstream.Start(call => call.Header("authorization") == $"Bearer {FirstKey}"
            ? call.RespondAsync("""{"error":{"message":"no"}}""", 429)
            : call.RespondAsync(Answer));
        await using var gateway = await StartAsync(upstream, "/v1", [$"--Gateway:Providers:p:ApiKeys:0={FirstKey}", $"--Gateway:Providers:p:ApiKeys:1={SecondKey}"]);
        using var caller = await gateway.NewCallerAsync();
        var chat = Chat.Replace("hello", new string('x', 3_000_000), StringComparison.Ordinal);

        using var response = await PostAsync(caller, "/v1/chat/completions", chat);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(2, upstream.Calls.Count);
        Assert.All(upstream.Calls, call => Assert.Equal(chat.Length + "my-gpt".Length - 1, call.Body.Length));
    }

    [Fact]
    public async Task Where_every_key_is_refused_the_caller_gets_the_upstreams_word_without_the_keys()
    {
        await using var upstream = FakeUpstream.Start(call => call.RespondAsync($$"""{"error": {"message": "{{FirstKey}} and {{SecondKey}} are over"} }""", 429));
        await using var gateway = await StartAsync(upstream, "/v1", [$"--Gateway:Providers:p:ApiKeys:0={FirstKey}", $"--Gateway:Providers:p:ApiKeys:1={SecondKey}"]);
        using var caller = await gateway.NewCallerAsync();

        using var response = await PostAsync(caller, "/v1/chat/completions");

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Contains("*** and *** are over", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(2, upstream.Calls.Count);
    }

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, string path, string[] settings) => GatewayHost.StartAsync(
    [
        $"--Gateway:Providers:p:BaseUrl={new Uri(upstream.BaseUrl).GetLeftPart(UriPartial.Authority)}{path}",
        "--Gateway:Models:0:Name=m", "--Gateway:Models:0:Targets:0:Provider=p", "--Gateway:Models:0:Targets:0:Model=my-gpt",
        .. settings,
    ]);

    private static async Task<HttpResponseMessage> PostAsync(HttpClient caller, string path, string body = Chat)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await caller.PostAsync(new Uri(path, UriKind.Relative), content, TestContext.Current.CancellationToken);
    }
}
