using Gateway.Hosting;
using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Proxy;
using Gateway.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Gateway.IntegrationTests.Hosting;

public sealed class RegistrationTests
{
    [Fact]
    public async Task The_rooms_registrations_make_a_host_that_starts_and_knows_its_models()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Host.UseDefaultServiceProvider(options => options.ValidateOnBuild = options.ValidateScopes = true);
        builder.Configuration.AddInMemoryCollection([
            new("Gateway:Providers:a:BaseUrl", "http://127.0.0.1:1/v1"),
            new("Gateway:Models:0:Name", "m*"),
            new("Gateway:Models:0:Targets:0:Provider", "a"),
            new("Serilog:MinimumLevel:Default", "Fatal"),
        ]);
        Assert.Empty(SettingsCheck.Check(builder.Configuration));
        RoutingOptions routing = SettingsCheck.Read<RoutingOptions>(builder.Configuration);
        IReadOnlyList<FoundProvider> found = await ProviderDiscovery.FindAsync(
            routing, builder.Configuration, TimeProvider.System, null, TestContext.Current.CancellationToken);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddGatewayOptions(builder.Configuration);
        builder.Services.AddGatewayLogging(builder.Configuration, isTerminal: false);
        builder.Services.AddGatewayTelemetry(builder.Configuration);
        builder.Services.AddGatewayProviders(routing, found, TimeSpan.FromSeconds(new TimeoutOptions().ConnectSeconds), new HealthBounds(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(600)), _ => new NoEcho());

        await using WebApplication app = builder.Build();
        await app.StartAsync(TestContext.Current.CancellationToken);

        Assert.Empty(found);
        Assert.True(app.Services.GetRequiredService<Routing>().Current.Resolve("mine", ApiEndpoint.ChatCompletions).TryGet(out ModelRoute? route, out _));
        Assert.Equal("a", route.First.Provider.Name);
        Assert.Contains(app.Services.GetRequiredService<ModelListing>().Models, model => model.Id == "echo");
        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    private sealed class NoEcho : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage());
    }
}
