using System.Net;
using System.Text;
using Gateway.Providers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.UnitTests.Providers;

/// <summary>Against a real local server, since providers have their own clients.</summary>
public sealed class ModelListingTests : IDisposable
{
    private readonly HttpListener _server = new();
    private readonly string _address;

    public ModelListingTests()
    {
        // HttpListener can't choose a free port itself.
        using var free = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        free.Start();
        _address = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/v1";
        free.Stop();
        _server.Prefixes.Add($"{_address}/");
        _server.Start();
    }

    [Fact]
    public async Task Names_behind_patterns_are_listed_once_the_provider_told_them()
    {
        RoutingOptions options = new()
        {
            Providers = { ["a"] = new ProviderOptions { BaseUrl = _address, ApiKey = "upstream-key" } },
            Models = { Model("mine", null), Model("gpt-*", null), Model("fixed-*", "x") },
        };
        using Routing routing = Catalogs.Route(options);
        using ModelListing listing = new(routing, new FakeTimeProvider(), NullLogger<ModelListing>.Instance);
        Assert.Equal(["mine", "echo"], listing.Models.Select(model => model.Id));

        string? credential = await AnswerWhileAsync(listing.RefreshAsync(TestContext.Current.CancellationToken), 200, """{"data":[{"id":"gpt-4o"},{"id":"mine"},{"id":"dall-e"},{"id":"fixed-1"}]}""");

        Assert.Equal("Bearer upstream-key", credential);
        Assert.Equal(["mine", "echo", "gpt-4o"], listing.Models.Select(model => model.Id));
        Assert.Equal("a", listing.Models[2].OwnedBy);
    }

    [Fact]
    public async Task A_found_provider_lists_all_its_models_under_names_that_lead_to_them()
    {
        FoundProvider[] found = [new("gemini", "GEMINI_API_KEY", new ProviderOptions { BaseUrl = _address }, ["gemini-*"])];
        using Routing routing = Catalogs.Route(new RoutingOptions { EchoModel = false }, found);
        using ModelListing listing = new(routing, new FakeTimeProvider(), NullLogger<ModelListing>.Instance);

        await AnswerWhileAsync(listing.RefreshAsync(TestContext.Current.CancellationToken), 200, """{"data":[{"id":"models/gemini-3"},{"id":"gemini-2"},{"id":"aqa"}]}""");

        Assert.Equal(["gemini-3", "gemini-2", "gemini/aqa"], listing.Models.Select(model => model.Id));
        Assert.All(listing.Models, model => Assert.True(routing.Current.TryFind(model.Id, out _)));
    }

    [Fact]
    public async Task A_provider_that_stops_answering_keeps_the_names_it_told_before()
    {
        FoundProvider[] found = [new("ollama", "here", new ProviderOptions { BaseUrl = _address }, ["a"])];
        using Routing routing = Catalogs.Route(new RoutingOptions { EchoModel = false }, found);
        using ModelListing listing = new(routing, new FakeTimeProvider(), NullLogger<ModelListing>.Instance);

        await AnswerWhileAsync(listing.RefreshAsync(TestContext.Current.CancellationToken), 200, """{"data":[{"id":"a"},{"id":"b"}]}""");
        await AnswerWhileAsync(listing.RefreshAsync(TestContext.Current.CancellationToken), 500, "{}");

        Assert.Equal(["a", "ollama/b"], listing.Models.Select(model => model.Id));
    }

    [Fact]
    public async Task A_provider_that_does_not_answer_is_asked_again_sooner_than_one_that_does()
    {
        FoundProvider[] found = [new("ollama", "here", new ProviderOptions { BaseUrl = _address }, [])];
        using Routing routing = Catalogs.Route(new RoutingOptions { EchoModel = false }, found);
        var time = new FakeTimeProvider();
        using ModelListing listing = new(routing, time, NullLogger<ModelListing>.Instance);
        await listing.StartAsync(TestContext.Current.CancellationToken);

        await AnswerAsync(await _server.GetContextAsync(), 503, "{}");
        TimeSpan afterSilence = await AskedAgainAfterAsync(time, """{"data":[{"id":"late"}]}""");
        TimeSpan afterAnswer = await AskedAgainAfterAsync(time, """{"data":[{"id":"late"},{"id":"new"}]}""");
        while (listing.Models.Count < 2)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TestContext.Current.CancellationToken);
        }

        // A minute may pass here before the loop begins to wait.
        Assert.InRange(afterSilence, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(14));
        Assert.InRange(afterAnswer, TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(60));
        Assert.Equal(["ollama/late", "ollama/new"], listing.Models.Select(model => model.Id));
        await listing.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Azure_which_lists_no_deployments_is_not_asked()
    {
        RoutingOptions options = new()
        {
            EchoModel = false,
            Providers = { ["a"] = new ProviderOptions { Kind = "azure", BaseUrl = _address, ApiKey = "k" } },
            Models = { Model("*", null), Model("mine", null) },
        };
        using Routing routing = Catalogs.Route(options);
        using ModelListing listing = new(routing, new FakeTimeProvider(), NullLogger<ModelListing>.Instance);

        await listing.RefreshAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["mine"], listing.Models.Select(model => model.Id));
    }

    public void Dispose() => _server.Close();

    private static ModelOptions Model(string name, string? model) => new() { Name = name, Targets = { new TargetOptions { Provider = "a", Model = model } } };

    /// <summary>Answers one call for the list; gives the credential it came with.</summary>
    private async Task<string?> AnswerWhileAsync(Task refresh, int status, string body)
    {
        HttpListenerContext call = await _server.GetContextAsync();
        await AnswerAsync(call, status, body);
        await refresh;
        return call.Request.Headers["Authorization"];
    }

    private static async Task AnswerAsync(HttpListenerContext call, int status, string body)
    {
        call.Response.StatusCode = status;
        await call.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
        call.Response.Close();
    }

    /// <summary>Lets time pass, a minute whenever the loop waits for it, until the list is asked for again and answered.</summary>
    private async Task<TimeSpan> AskedAgainAfterAsync(FakeTimeProvider time, string body)
    {
        Task<HttpListenerContext> asked = _server.GetContextAsync();
        DateTimeOffset since = time.GetUtcNow();
        while (!asked.IsCompleted)
        {
            await Task.WhenAny(asked, Task.Delay(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken));
            if (!asked.IsCompleted)
            {
                time.Advance(TimeSpan.FromMinutes(1));
            }
        }

        await AnswerAsync(await asked, 200, body);
        return time.GetUtcNow() - since;
    }
}
