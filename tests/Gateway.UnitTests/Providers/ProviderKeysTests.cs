using System.Net;
using System.Text;
using Gateway.Providers;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.UnitTests.Providers;

/// <summary>Several keys, and keys in files.</summary>
public sealed class ProviderKeysTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-keys-").FullName;

    [Fact]
    public async Task Keys_are_taken_in_turn()
    {
        var upstream = new Upstream(_ => HttpStatusCode.OK);
        using Provider provider = Create(upstream, "key-a", "key-b", "key-c");

        for (int i = 0; i < 6; i++)
        {
            await SendAsync(provider);
        }

        Assert.Equal(["key-a", "key-b", "key-c", "key-a", "key-b", "key-c"], upstream.Keys);
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.PaymentRequired)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    public async Task A_call_whose_key_is_refused_goes_on_with_the_next_and_its_whole_body(HttpStatusCode refusal)
    {
        var upstream = new Upstream(key => key == "key-a" ? refusal : HttpStatusCode.OK);
        using Provider provider = Create(upstream, "key-a", "key-b");

        Assert.Equal(HttpStatusCode.OK, await SendAsync(provider));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(provider));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(provider));

        Assert.Equal(["key-a", "key-b", "key-b", "key-b"], upstream.Keys);
        Assert.All(upstream.Bodies, body => Assert.Equal("application/json:{\"a\":1}", body));
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests, "3", 3)]
    [InlineData(HttpStatusCode.TooManyRequests, null, 10)]
    [InlineData(HttpStatusCode.TooManyRequests, "86400", 300)]
    [InlineData(HttpStatusCode.Unauthorized, null, 300)]
    public async Task A_refused_key_is_left_out_for_its_time(HttpStatusCode refusal, string? retryAfter, int seconds)
    {
        bool isRefused = true;
        var upstream = new Upstream(key => key == "key-a" && isRefused ? refusal : HttpStatusCode.OK) { RetryAfter = retryAfter };
        using Provider provider = Create(upstream, "key-a", "key-b");
        await SendAsync(provider);
        isRefused = false;
        upstream.Keys.Clear();

        _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
        await SendAsync(provider);
        await SendAsync(provider);
        Assert.Equal(["key-b", "key-b"], upstream.Keys);

        _time.Advance(TimeSpan.FromTicks(1));
        await SendAsync(provider);
        await SendAsync(provider);
        Assert.Contains("key-a", upstream.Keys);
    }

    [Fact]
    public async Task Where_every_key_is_refused_the_last_refusal_is_the_answer_and_none_is_tried_twice()
    {
        var upstream = new Upstream(_ => HttpStatusCode.TooManyRequests);
        using Provider provider = Create(upstream, "key-a", "key-b", "key-c");

        Assert.Equal(HttpStatusCode.TooManyRequests, await SendAsync(provider));
        Assert.Equal(["key-a", "key-b", "key-c"], upstream.Keys);

        Assert.Equal(HttpStatusCode.TooManyRequests, await SendAsync(provider));
        Assert.Equal(4, upstream.Keys.Count);
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest)]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.InternalServerError)]
    public async Task Other_answers_say_nothing_of_the_key(HttpStatusCode status)
    {
        var upstream = new Upstream(_ => status);
        using Provider provider = Create(upstream, "key-a", "key-b");

        Assert.Equal(status, await SendAsync(provider));
        Assert.Equal(["key-a"], upstream.Keys);
    }

    [Fact]
    public async Task An_upstream_that_forbids_to_try_again_is_obeyed()
    {
        var upstream = new Upstream(_ => HttpStatusCode.TooManyRequests) { ShouldRetry = "false" };
        using Provider provider = Create(upstream, "key-a", "key-b");

        await SendAsync(provider);

        Assert.Equal(["key-a"], upstream.Keys);
    }

    [Fact]
    public async Task A_body_that_cannot_be_sent_again_is_not()
    {
        var upstream = new Upstream(_ => HttpStatusCode.TooManyRequests);
        using Provider provider = Create(upstream, "key-a", "key-b");
        using var request = new HttpRequestMessage(HttpMethod.Post, provider.Address("embeddings", "m", "")) { Content = new StringContent("once") };
        provider.Authorize(request);

        using HttpResponseMessage response = await provider.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(["key-a"], upstream.Keys);
    }

    [Fact]
    public async Task A_key_in_the_query_is_exchanged_too()
    {
        var upstream = new Upstream(_ => HttpStatusCode.TooManyRequests);
        using Provider provider = new("p", new ProviderOptions { BaseUrl = "http://host/v1", Query = { ["key"] = "{key}" }, ApiKeys = { "key-a", "key-b" } }, upstream, _time);
        using var request = new HttpRequestMessage(HttpMethod.Get, provider.Address("files", null, "?limit=1"));
        provider.Authorize(request);

        using HttpResponseMessage response = await provider.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(["http://host/v1/files?limit=1&key=key-a", "http://host/v1/files?limit=1&key=key-b"], upstream.Addresses);
    }

    [Fact]
    public void Every_key_is_masked()
    {
        using Provider provider = Create(new Upstream(_ => HttpStatusCode.OK), "first-secret-0123456789", "second-secret-0123456789");

        Assert.Equal("*** and ***", Encoding.UTF8.GetString(provider.Mask("first-secret-0123456789 and second-secret-0123456789"u8.ToArray()).Span));
    }

    [Fact]
    public void A_key_in_a_file_is_read_again_when_the_file_changes_and_kept_when_it_goes()
    {
        string file = Path.Combine(_folder, "key");
        File.WriteAllText(file, "secret-before-0123456789\n");
        using Provider provider = new("p", new ProviderOptions { BaseUrl = "http://host/v1", ApiKey = $"file:{file}" }, new StubHandler(), _time);
        Assert.Equal("Bearer secret-before-0123456789", Credential(provider));

        File.WriteAllText(file, "secret-after-0123456789");
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("Bearer secret-after-0123456789", Credential(provider));
        Assert.Equal("*** then ***", Encoding.UTF8.GetString(provider.Mask("secret-before-0123456789 then secret-after-0123456789"u8.ToArray()).Span));

        File.Delete(file);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("Bearer secret-after-0123456789", Credential(provider));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("two words")]
    [InlineData("two\nlines")]
    public void A_file_without_a_key_is_a_fault_that_does_not_show_what_it_holds(string content)
    {
        string file = Path.Combine(_folder, "key");
        File.WriteAllText(file, content);

        string fault = Assert.Single(CredentialCheck.Faults("Gateway:Providers:p", new ProviderOptions { ApiKey = $"file:{file}" }));

        Assert.Equal($"Gateway:Providers:p:ApiKey: the file '{file}' can't be read or holds no credential of visible ASCII characters.", fault);
    }

    [Fact]
    public void Files_that_are_not_there_and_variables_that_are_not_set_are_faults() => Assert.Equal(
        [
            "P:ApiKey: the environment variable 'NOT_SET' is not set.",
            $"P:ApiKeys:0: the file '{_folder}/none' can't be read or holds no credential of visible ASCII characters.",
            $"P:ApiKeys:1: the file '{_folder}' can't be read or holds no credential of visible ASCII characters.",
        ],
        CredentialCheck.Faults("P", new ProviderOptions { ApiKey = "env:NOT_SET", ApiKeys = { $"file:{_folder}/none", $"file:{_folder}" } }));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Provider Create(Upstream upstream, params string[] keys)
    {
        var options = new ProviderOptions { BaseUrl = "http://host/v1" };
        options.ApiKeys.AddRange(keys);
        return new Provider("p", options, upstream, _time);
    }

    private static async Task<HttpStatusCode> SendAsync(Provider provider)
    {
        byte[] body = Encoding.UTF8.GetBytes("""{"a":1}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, provider.Address("embeddings", "m", "")) { Content = new StreamContent(new MemoryStream(body)) };
        request.Content.Headers.ContentType = new("application/json");
        request.Options.Set(KeyRotation.BodyAgain, () => new MemoryStream(body));
        provider.Authorize(request);
        using HttpResponseMessage response = await provider.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private static string Credential(Provider provider)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, provider.ModelsAddress);
        provider.Authorize(request);
        return request.Headers.NonValidated["Authorization"].ToString();
    }

    private sealed class Upstream(Func<string, HttpStatusCode> answer) : HttpMessageHandler
    {
        public List<string> Keys { get; } = [];

        public List<string> Bodies { get; } = [];

        public List<string> Addresses { get; } = [];

        public string? RetryAfter { get; init; }

        public string? ShouldRetry { get; init; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string key = request.Headers.TryGetValues("Authorization", out IEnumerable<string>? values) ? values.Single()["Bearer ".Length..] : "";
            Keys.Add(key);
            Addresses.Add(request.RequestUri?.AbsoluteUri ?? "");
            if (request.Content is { } content)
            {
                Bodies.Add($"{content.Headers.ContentType}:{await content.ReadAsStringAsync(cancellationToken)}");
            }

            var response = new HttpResponseMessage(answer(key));
            if (RetryAfter is not null)
            {
                response.Headers.TryAddWithoutValidation("retry-after", RetryAfter);
            }

            if (ShouldRetry is not null)
            {
                response.Headers.TryAddWithoutValidation("x-should-retry", ShouldRetry);
            }

            return response;
        }
    }
}
