using Gateway.Admin;
using Gateway.Console;
using Gateway.Keys;
using Gateway.Ledger;
using Gateway.Prompts;
using Gateway.Providers;
using Gateway.Proxy;
using Gateway.Quotas;
using Gateway.Storage;
using Gateway.Telemetry;
using Gateway.Tokens;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Hosting;

/// <summary>The gateway put together: what Program runs and what tests start.</summary>
internal static class GatewayApp
{
    /// <summary>Runs the gateway until it is told to stop, or does what the arguments' first word asks for.</summary>
    /// <returns>The exit code: 0 after a stop, 1 where the start was refused; of <c>check</c>, 1 where the settings have faults; of <c>health</c>, 1 where it is not ready.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            switch (Command.Of(args))
            {
                case CheckCommand.Word:
                    return CheckCommand.Run(CreateBuilder(args[1..]).Configuration, System.Console.Out, System.Console.Error);
                case HealthCommand.Word:
                    return await HealthCommand.RunAsync(CreateBuilder(args[1..]).Configuration, System.Console.Out, System.Console.Error, CancellationToken.None);
                default:
                    break;
            }

            await using var app = await CreateAsync(args, CancellationToken.None);
            try
            {
                await ListenAddresses.StartAsync(app);
            }
            catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // Told to stop while it still started: no call was taken.
                return 0;
            }

            StartupReport.Say(app);

            // A start leaves garbage that an idle process would keep for hours: nothing would make the collector run.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (StartRefusedException refused)
        {
            await System.Console.Error.WriteLineAsync(refused.Message);
            return 1;
        }
    }

    /// <summary>Builds the gateway with its settings checked and its providers found; nothing listens yet.</summary>
    /// <exception cref="StartRefusedException">Settings are wrong, or what they name can't be used; the message has a line for each fault.</exception>
    public static async Task<WebApplication> CreateAsync(string[] args, CancellationToken cancel)
    {
        var builder = CreateBuilder(args);
        if (SettingsCheck.Check(builder.Configuration) is { Count: > 0 } faults)
        {
            throw new StartRefusedException(string.Join(Environment.NewLine, faults), null);
        }

        builder.Host.UseDefaultServiceProvider(container => container.ValidateScopes = container.ValidateOnBuild = true);
        builder.WebHost.ConfigureKestrel(ConfigureKestrel);
        ListenAddresses.SetDefault(builder);
        await AddRoomsAsync(builder, cancel);

        var app = builder.Build();
        Use(app);
        return app;
    }

    private static WebApplicationBuilder CreateBuilder(string[] args)
    {
        try
        {
            // Watching the settings' folder means an event for each write to the database below it: 3 % of a busy gateway's CPU.
            return WebApplication.CreateBuilder(["--hostBuilder:reloadConfigOnChange=false", .. args]);
        }
        catch (InvalidDataException unreadable)
        {
            throw new StartRefusedException(SettingsCheck.Unreadable(unreadable), unreadable);
        }
    }

    private static void ConfigureKestrel(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.RequestHeaderEncodingSelector = ConnectionHeaderText.For;

        // Bounded where bodies are read: callers' by Gateway:MaxRequestBodyBytes, admins' by a limit of their own.
        kestrel.Limits.MaxRequestBodySize = null;

        // A caller may read as slowly as they like: back-pressure holds the upstream, and no memory grows.
        kestrel.Limits.MinResponseDataRate = null;
    }

    private static async Task AddRoomsAsync(WebApplicationBuilder builder, CancellationToken cancel)
    {
        var services = builder.Services;
        var configuration = builder.Configuration;
        var process = SettingsCheck.Read<GatewayOptions>(configuration);
        var routing = SettingsCheck.Read<RoutingOptions>(configuration);
        var proxy = SettingsCheck.Read<ProxyOptions>(configuration);
        var quotas = SettingsCheck.Read<QuotaOptions>(configuration);
        var found = await ProviderDiscovery.FindAsync(routing, configuration, TimeProvider.System, null, cancel);

        services.AddSingleton(TimeProvider.System);
        services.AddGatewayOptions(configuration);
        services.AddGatewayLogging(configuration, StartupReport.IsTerminal);
        services.AddGatewayTelemetry(configuration);
        services.AddSingleton(new UsageBuckets(TimeZoneInfo.FindSystemTimeZoneById(quotas.TimeZone)));
        services.AddStorage(process.DataDirectory, DatabaseCheck.Address(process.Database));
        services.AddKeys();
        services.AddQuotaKeeper(quotas.Redis.Configuration);
        services.AddLedger();
        services.AddPromptLog(container => new HeldCredentials(container.GetRequiredService<Routing>(), process.AdminKey).Current);
        services.AddSingleton<LimitReader>(container => container.GetRequiredService<QuotaKeeper>().ReadAsync);
        services.AddLimitFigures();
        services.AddSingleton<TokenCounter>();
        services.AddSingleton<PromptCounter>();
        services.AddGatewayProviders(
            routing,
            found,
            TimeSpan.FromSeconds(proxy.Timeouts.ConnectSeconds),
            new HealthBounds(TimeSpan.FromSeconds(proxy.Attempts.CoolDownSeconds), TimeSpan.FromSeconds(proxy.Attempts.RetryAfterSeconds)),
            container => ActivatorUtilities.CreateInstance<EchoHandler>(container));
        services.AddAdmin(AdminKey.Open(process.DataDirectory, process.AdminKey));
        services.AddConsole();
        services.AddProxy();
        services.AddSingleton(new FoundProviders(found));
        services.AddHostedService<Watching>();
        services.AddSingleton<LimitWatch>();
        services.AddHostedService(container => container.GetRequiredService<LimitWatch>());
        services.AddAlerts();
        services.AddSingleton(new SettingsFiles(configuration));
        services.AddSingleton<SettingsState>();
        services.AddHostedService<SettingsReload>();

        // Kestrel stops first and gives running streams this long; the ledger, stopping after it, takes its own time.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(proxy.DrainSeconds));
    }

    /// <summary>The order is the meaning: an id first so that every refusal carries one, errors next so that every exception has a body, framing before any routing, and preflights before any key is asked for.</summary>
    private static void Use(WebApplication app)
    {
        app.UseMiddleware<RequestIdMiddleware>();
        app.UseMiddleware<LastResortErrors>();
        app.UseMiddleware<FramingChecks>();
        app.UseWhen(static http => http.Request.Headers.Upgrade.Count > 0, sockets => sockets.UseWebSockets());
        Cors.Use(app);
        app.UseRouting();
        Routes.Map(app);
    }
}
