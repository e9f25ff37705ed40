using Gateway.Providers;
using Gateway.Proxy;

namespace Gateway.Hosting;

/// <summary>
/// Everything that is wrong with the settings below <c>Gateway</c>, all at once and before anything is opened, whatever file,
/// variable or switch they come from. A misspelt limit would be an absent limit, so an unknown name is as wrong as a wrong value.
/// </summary>
internal static class SettingsCheck
{
    public const string Section = "Gateway";

    /// <summary>The classes that are bound to the section itself: each room's own.</summary>
    private static readonly Type[] RootTypes = [typeof(GatewayOptions), typeof(RoutingOptions), typeof(ProxyOptions)];

    /// <summary>One line for each fault, naming the setting and what is accepted; empty where all is well.</summary>
    public static IReadOnlyList<string> Check(IConfiguration configuration)
    {
        var walk = new SettingsWalk();
        walk.VisitSection(configuration.GetSection(Section), RootTypes, Section);

        var routing = new RoutingOptions();
        WithoutFaulty(configuration, walk.FaultyPaths).GetSection(Section).Bind(routing);
        return [.. walk.Faults, .. RoutingCheck.Faults(routing).Select(SettingText.Printable)];
    }

    /// <summary>The settings whose values can be bound, so that one wrong value does not hide the faults of the rest.</summary>
    private static IConfigurationRoot WithoutFaulty(IConfiguration configuration, HashSet<string> faulty) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(configuration.AsEnumerable().Where(pair => pair.Value is not null && !faulty.Contains(pair.Key)))
            .Build();
}
