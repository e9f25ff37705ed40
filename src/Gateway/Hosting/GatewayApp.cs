using Gateway.Admin;
using Gateway.Keys;
using Gateway.Ledger;
using Gateway.Providers;
using Gateway.Proxy;
using Gateway.Storage;
using Gateway.Telemetry;
using Gateway.Tokens;

namespace Gateway.Hosting;

/// <summary>The gateway put together: what Program runs and what tests start.</summary>
internal static class GatewayApp
{
    /// <summary>Builds the gateway with its database migrated and its providers found; nothing listens yet.</summary>
    public static async Task<WebApplication> CreateAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Host.UseDefaultServiceProvider(options => options.ValidateScopes = options.ValidateOnBuild = true);
        builder.WebHost.ConfigureKestrel(ConfigureKestrel);
        builder.AddGatewayLogging();
        AddServices(builder);

        var app = builder.Build();
        await DatabaseStartup.MigrateAsync(app.Services);
        Use(app);
        return app;
    }

    private static void ConfigureKestrel(Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinResponseDataRate = null;
    }

    private static void AddServices(WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton(TimeProvider.System);
        services.AddHttpForwarder();
        services.AddSingleton<CallerKey>();
        services.AddSingleton<Upstream>();
        services.AddSingleton<ProxyEndpoint>();
        services.AddSingleton<ModelsEndpoint>();
        services.AddSingleton<TokenCountEndpoint>();
        services.AddSingleton<UnservedEndpoint>();
    }

    /// <summary>The order is the meaning: an id first so that every refusal carries one, errors next so that every exception has a body, framing before any routing.</summary>
    private static void Use(WebApplication app)
    {
        app.UseMiddleware<RequestIdMiddleware>();
        app.UseMiddleware<LastResortErrors>();
        app.UseMiddleware<FramingChecks>();
        app.UseRouting();
        Routes.Map(app);
    }
}
