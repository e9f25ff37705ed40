using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Prompts;

public class FeedbackTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/feedback")]
    [InlineData("/feedback")]
    public async Task A_call_is_rated_by_its_id_right_after_it_and_the_last_rating_counts(string path)
    {
        await using var gateway = await GatewayHost.StartAsync([]);
        using var caller = await gateway.NewCallerAsync();
        var id = await CallAsync(caller);

        var (status, first) = await SendAsync(caller, path, $$"""{"request_id":"{{id}}","rating":"up","comment":"good, ask ann@example.com"}""");
        var (_, second) = await SendAsync(caller, path, $$"""{"request_id":"{{id}}","rating":"down"}""");
        var list = await gateway.Admin.GetFromJsonAsync<JsonElement>("/admin/feedback", Cancel);

        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal("good, ask [redacted:email]", first.GetProperty("comment").GetString());
        Assert.Equal("down", second.GetProperty("rating").GetString());
        var only = Assert.Single(list.GetProperty("data").EnumerateArray());
        Assert.Equal("down", only.GetProperty("rating").GetString());
        Assert.Equal(JsonValueKind.Null, only.GetProperty("comment").ValueKind);
        Assert.Equal("down", (await gateway.RowAsync(id)).GetProperty("feedback").GetProperty("rating").GetString());
    }

    [Theory]
    [InlineData(true, "chatcmpl-abc123", false)]
    [InlineData(false, "chatcmpl-abc123", false)]
    [InlineData(false, "resp_abc123", true)]
    [InlineData(true, "msg_abc123", true)]
    public async Task A_call_is_rated_by_its_answers_id_logged_or_not(bool logged, string id, bool stream)
    {
        await using var upstream = stream
            ? FakeUpstream.Streaming(Sse.Bytes($$$"""data: {"type":"start","{{{(id[0] == 'r' ? "response" : "message")}}}":{"id":"{{{id}}}"}}""" + "\n\n", Sse.Usage, Sse.Done))
            : FakeUpstream.Answering($$$"""{"object":"x","id":"{{{id}}}","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}""");
        await using var gateway = await GatewayHost.StartAsync(upstream, $"--Gateway:PromptLog:Enabled={logged}");
        using var caller = await gateway.NewCallerAsync();
        using var response = await caller.CallAsync(stream ? Caller.ChatStream : Caller.Chat, cancel: Cancel);
        await response.Content.ReadAsStringAsync(Cancel);

        var (status, given) = await SendAsync(caller, "/v1/feedback", $$"""{"completion_id":"{{id}}","rating":"up"}""");

        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal(response.RequestId(), given.GetProperty("request_id").GetString());
    }

    [Fact]
    public async Task Only_the_keys_own_calls_can_be_rated()
    {
        await using var gateway = await GatewayHost.StartAsync([]);
        using var one = await gateway.NewCallerAsync();
        using var other = await gateway.NewCallerAsync();
        var id = await CallAsync(one);
        var completion = (await gateway.RowAsync(id)).GetProperty("completion_id").GetString();

        foreach (var body in (string[])[$$"""{"request_id":"{{id}}","rating":"up"}""", $$"""{"completion_id":"{{completion}}","rating":"up"}""", """{"request_id":"req_0","rating":"up"}"""])
        {
            Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(other, "/v1/feedback", body)).Status);
        }

        using var stranger = gateway.Client("sk-gw-0123456789abcdefghijklmnopqrstuvwxyz");
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(stranger, "/v1/feedback", "{}")).Status);
    }

    [Theory]
    [InlineData("""{"request_id":"req_0","rating":"up","stars":5}""", "unknown_field", "stars")]
    [InlineData("""{"request_id":"req_0","rating":"sideways"}""", "invalid_request", "rating")]
    [InlineData("""{"request_id":"req_0","rating":1}""", "invalid_request", "rating")]
    [InlineData("""{"request_id":"req_0"}""", "invalid_request", "rating")]
    [InlineData("""{"rating":"up"}""", "invalid_request", "request_id")]
    [InlineData("""{"request_id":"req_0","completion_id":"x","rating":"up"}""", "invalid_request", "request_id")]
    [InlineData("""{"request_id":"req_0","rating":"up","rating":"down"}""", "invalid_request", "rating")]
    [InlineData("""{"request_id":"req_0","rating":"up","comment":{}}""", "invalid_request", "comment")]
    [InlineData("""{"request_id":"req_0","rating":"up"} x""", "invalid_json", null)]
    [InlineData("""["up"]""", "invalid_request", null)]
    [InlineData("", "invalid_json", null)]
    public async Task A_wrong_body_is_refused_by_its_field(string body, string code, string? param)
    {
        await using var gateway = await GatewayHost.StartAsync([]);
        using var caller = await gateway.NewCallerAsync();

        var (status, answer) = await SendAsync(caller, "/v1/feedback", body);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(code, answer.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(param, answer.GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task A_comment_has_a_bound()
    {
        await using var gateway = await GatewayHost.StartAsync([]);
        using var caller = await gateway.NewCallerAsync();

        var (status, _) = await SendAsync(caller, "/v1/feedback", $$"""{"request_id":"req_0","rating":"up","comment":"{{new string('x', 4_001)}}"}""");

        Assert.Equal(HttpStatusCode.BadRequest, status);
    }

    [Fact]
    public async Task The_list_is_filtered_and_paged()
    {
        await using var gateway = await GatewayHost.StartAsync([]);
        using var caller = await gateway.NewCallerAsync();
        using var other = await gateway.NewCallerAsync();
        var ids = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            ids.Add(await CallAsync(caller));
            await SendAsync(caller, "/v1/feedback", $$"""{"request_id":"{{ids[i]}}","rating":"{{(i == 0 ? "down" : "up")}}"}""");
        }

        await SendAsync(other, "/v1/feedback", $$"""{"request_id":"{{await CallAsync(other)}}","rating":"up"}""");
        var key = (await gateway.RowAsync(ids[0])).GetProperty("key_id").GetString();
        var query = $"/admin/feedback?rating=up&key_id={key}&model=echo&from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z&limit=2";

        var first = await gateway.Admin.GetFromJsonAsync<JsonElement>(query, Cancel);
        var second = await gateway.Admin.GetFromJsonAsync<JsonElement>($"{query}&after={first.GetProperty("next").GetString()}", Cancel);

        Assert.Equal([ids[3], ids[2]], Ids(first));
        Assert.True(first.GetProperty("has_more").GetBoolean());
        Assert.Equal([ids[1]], Ids(second));
        using var wrong = await gateway.Admin.GetAsync(new Uri("/admin/feedback?rating=5", UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    private static IEnumerable<string?> Ids(JsonElement page) => page.GetProperty("data").EnumerateArray().Select(row => row.GetProperty("request_id").GetString());

    private static async Task<string> CallAsync(HttpClient caller)
    {
        using var response = await caller.CallAsync("""{"model":"echo","messages":[{"role":"user","content":"Hello"}]}""", cancel: Cancel);
        await response.Content.ReadAsStringAsync(Cancel);
        return response.RequestId();
    }

    private static async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(HttpClient client, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(new Uri(path, UriKind.Relative), content, Cancel);
        return (response.StatusCode, JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Cancel)));
    }
}
