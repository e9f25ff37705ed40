using Gateway.Console.Layout;
using Gateway.Console.Overview;
using Gateway.Console.Playground;
using Gateway.Console.SignIn;
using Gateway.Console.Usage;
using Gateway.Console.Words;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;
using MudBlazor.Services;

namespace Gateway.Console;

internal static class ConsoleServices
{
    /// <summary>Bytes of one message from a page; a text field of the playground holds a quarter as many letters, since a letter has up to four.</summary>
    private const int LongestMessage = 1 << 21;

    /// <summary>Needs storage, keys and ledger registered before it.</summary>
    public static IServiceCollection AddConsole(this IServiceCollection services)
    {
        services.AddRazorComponents()
            .AddInteractiveServerComponents(circuits =>
            {
                circuits.DisconnectedCircuitMaxRetained = 20;
                circuits.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(1);
            })
            // Only who signed in has a circuit. A prompt that is pasted comes as one message; beyond the bound the circuit ends.
            .AddHubOptions(hub => hub.MaximumReceiveMessageSize = LongestMessage);
        services.AddMudServices();
        services.AddDataProtection().SetApplicationName("Gateway");
        WithoutWarmUp(services);
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(container => new ConfigureOptions<KeyManagementOptions>(
            keys => keys.XmlRepository = ActivatorUtilities.CreateInstance<ProtectionKeys>(container)));
        services.AddSingleton<ConsoleAssets>();
        services.AddSingleton<SessionStore>();
        services.AddSingleton<SignInEndpoints>();
        services.AddSingleton<OidcSignIn>();
        services.AddSingleton<ConsoleGate>();
        services.AddSingleton<StoreAway>();
        services.AddSingleton<GlobalSearch>();
        services.AddSingleton<KeyStandings>();
        services.AddSingleton<AuditTrail>();
        services.AddSingleton<UsageHours>();
        services.AddSingleton<UsageCsv>();
        services.AddSingleton<RequestsCsv>();
        services.AddSingleton<RecentCalls>();
        services.AddSingleton<LatestCalls>();
        services.AddSingleton<Overheads>();
        services.AddSingleton<FirstBytes>();
        services.AddSingleton<NearLimits>();
        services.AddSingleton<DayFigures>();
        services.AddSingleton<OwnApi>();
        services.AddSingleton<PlaygroundModels>();
        services.AddSingleton<TestCall>();
        services.AddSingleton<AudioCall>();
        services.AddScoped<Signed>();
        services.AddScoped<Reader>();
        return services;
    }

    /// <summary>The framework reads its protection keys at every start: 5 MiB of code and data that a gateway whose console nobody opens never needs.</summary>
    private static void WithoutWarmUp(IServiceCollection services)
    {
        var eager = services.Where(service => service.ServiceType == typeof(IHostedService) && service.ImplementationType?.Name == "DataProtectionHostedService").ToList();
        foreach (var service in eager)
        {
            services.Remove(service);
        }
    }
}
