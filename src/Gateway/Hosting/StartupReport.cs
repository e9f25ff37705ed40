using Gateway.Keys;
using Gateway.Providers;
using Gateway.Telemetry;

namespace Gateway.Hosting;

/// <summary>Gathers what the start-up lines tell, once the server listens.</summary>
internal static class StartupReport
{
    public static bool IsTerminal => !System.Console.IsOutputRedirected;

    public static void Say(WebApplication app)
    {
        var services = app.Services;
        var adminKey = services.GetRequiredService<AdminKey>();
        var catalog = services.GetRequiredService<Routing>().Current;
        var found = services.GetRequiredService<FoundProviders>().All;
        var facts = new StartupFacts
        {
            Version = BuildInfo.Version,
            Addresses = [.. app.Urls],
            DataDirectory = Path.GetFullPath(services.GetRequiredService<GatewayOptions>().DataDirectory),
            AdminKeyPath = adminKey.FilePath,
            FreshAdminKey = adminKey.ShownOnce,
            Providers = [.. catalog.Providers.Where(provider => provider.Name != ModelCatalog.EchoModel).Select(provider => (provider.Name, OriginOf(provider, found)))],
            Models = [.. catalog.Models.Select(model => model.Id), .. catalog.Patterns.Select(pattern => pattern.Name)],
            HasEcho = catalog.Models.Any(model => model is { Id: ModelCatalog.EchoModel, OwnedBy: ModelCatalog.EchoModel }),
        };
        StartupLines.Say(facts, IsTerminal ? System.Console.Out : null, services.GetRequiredService<ILoggerFactory>().CreateLogger("Gateway"));
    }

    private static string OriginOf(Provider provider, IReadOnlyList<FoundProvider> found) =>
        found.FirstOrDefault(candidate => candidate.Name == provider.Name)?.Origin ?? "settings";
}
