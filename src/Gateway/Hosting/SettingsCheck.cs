using Gateway.Console;
using Gateway.Prompts;
using Gateway.Providers;
using Gateway.Proxy;
using Gateway.Quotas;
using Gateway.Webhooks;

namespace Gateway.Hosting;

/// <summary>
/// Everything that is wrong with the settings below <c>Gateway</c> and with the addresses to listen on, all at once and before anything is opened, whatever file,
/// variable or switch they come from. A misspelt limit would be an absent limit, so an unknown name is as wrong as a wrong value.
/// </summary>
internal static class SettingsCheck
{
    public const string Section = "Gateway";

    /// <summary>The classes that are bound to the section itself: each room's own.</summary>
    private static readonly Type[] RootTypes = [typeof(GatewayOptions), typeof(RoutingOptions), typeof(ProxyOptions), typeof(QuotaOptions)];

    /// <summary>One line for each fault, naming the setting and what is accepted; empty where all is well.</summary>
    public static IReadOnlyList<string> Check(IConfiguration configuration)
    {
        var walk = new SettingsWalk();
        walk.VisitSection(configuration.GetSection(Section), RootTypes);

        var routing = new RoutingOptions();
        Bindable(configuration, walk.FaultyPaths).GetSection(Section).Bind(routing);
        var quotas = new QuotaOptions();
        Bindable(configuration, walk.FaultyPaths).GetSection(Section).Bind(quotas);
        var proxy = new ProxyOptions();
        Bindable(configuration, walk.FaultyPaths).GetSection(Section).Bind(proxy);
        var process = new GatewayOptions();
        Bindable(configuration, walk.FaultyPaths).GetSection(Section).Bind(process);
        var prompts = new PromptLogOptions();
        Bindable(configuration, walk.FaultyPaths).GetSection($"{Section}:PromptLog").Bind(prompts);
        var database = walk.FaultyPaths.Any(path => path.StartsWith("Gateway:Database", StringComparison.OrdinalIgnoreCase)) ? [] : DatabaseCheck.Faults(process.Database);
        var faults = RoutingCheck.Faults(routing).Concat(ProxyCheck.Faults(proxy, routing)).Concat(QuotaCheck.Faults(quotas)).Concat(PromptLogCheck.Faults(prompts))
            .Concat(WebhookCheck.Faults(process.Webhooks)).Concat(ConsoleCheck.Faults(process.Console)).Concat(Cors.Faults(process.CorsOrigins)).Concat(database);
        return [.. walk.Faults, .. faults.Select(SettingText.Printable), .. ListenAddresses.Faults(configuration), .. CertificateCheck.Faults(configuration)];
    }

    /// <summary>The line for a settings file that can't be read at all; the place comes from the parser, which quotes no values.</summary>
    public static string Unreadable(InvalidDataException exception) =>
        SettingText.Printable($"{exception.Message.TrimEnd('.')}: {exception.GetBaseException().Message}");

    /// <summary>
    /// The settings as they are to be bound. Those that are null are left out, since null means that the default holds: the binder would make
    /// a number of it, 0. Those that are known to be wrong are left out too, so that one wrong value does not hide the faults of the rest.
    /// Where a provider's credential is said to be in an environment variable, its value stands in its place.
    /// </summary>
    public static IConfigurationRoot Bindable(IConfiguration configuration, IReadOnlyCollection<string> faulty) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(configuration.AsEnumerable().Where(pair => pair.Value is not null && !faulty.Any(path => IsAtOrBelow(pair.Key, path)))
                .Select(pair => KeyValuePair.Create(pair.Key, CredentialVariable.Resolve(configuration, pair.Key, pair.Value))))
            .Build();

    /// <summary>One class of settings, for what is needed before there is a container.</summary>
    public static T Read<T>(IConfiguration configuration)
        where T : class, new()
    {
        var options = new T();
        Bindable(configuration, []).GetSection(Section).Bind(options);
        return options;
    }

    private static bool IsAtOrBelow(string key, string path) =>
        key.StartsWith(path, StringComparison.OrdinalIgnoreCase) && (key.Length == path.Length || key[path.Length] == ':');
}
