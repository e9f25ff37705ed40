using Gateway.Providers;

namespace Gateway.UnitTests.Providers;

/// <summary>Catalogs of settings, with nobody behind the built-in model.</summary>
internal static class Catalogs
{
    public static CatalogSource Source(TimeProvider? time = null) => new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(5),
        Echo = new StubHandler(),
        Health = new HealthBounds(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(600)),
        Time = time ?? TimeProvider.System,
    };

    public static ModelCatalog Build(RoutingOptions options, params FoundProvider[] found) => new CatalogBuilder(Source(), options, null).Build(found);

    public static Routing Route(RoutingOptions options, params FoundProvider[] found) => new(Source(), options, found);
}
