namespace Gateway.Hosting;

/// <summary>What the gateway says when it has started: where it is, what it has, and what to paste for a first answer.</summary>
internal static partial class StartupLines
{
    /// <summary>More would push the commands off the screen.</summary>
    private const int ModelsShown = 12;

    /// <summary>Says it as text on a terminal, else as log events.</summary>
    /// <param name="facts">What to say.</param>
    /// <param name="terminal">The terminal, or null where standard output is none.</param>
    /// <param name="logger">Hears it where there is no terminal.</param>
    public static void Say(StartupFacts facts, TextWriter? terminal, ILogger logger)
    {
        if (terminal is not null)
        {
            foreach (string line in ForTerminal(facts))
            {
                terminal.WriteLine(SettingText.Printable(line));
            }

            terminal.Flush();
            return;
        }

        Listening(logger, facts.Version, string.Join(", ", facts.Addresses), facts.DataDirectory);
        Serving(logger, Providers(facts), Models(facts));
        if (facts is { FreshAdminKey: not null, AdminKeyPath: { } path })
        {
            AdminKeyMade(logger, path);
        }

        NextSteps(logger, CreateKey(facts), FirstAnswer(facts));
    }

    public static IEnumerable<string> ForTerminal(StartupFacts facts)
    {
        yield return "";
        yield return $"Gateway {facts.Version} listens on {string.Join(", ", facts.Addresses)}";
        yield return $"  data       {facts.DataDirectory}";
        yield return $"  admin key  {facts.AdminKeyPath ?? "from the setting Gateway:AdminKey"}";
        yield return $"  providers  {Providers(facts)}";
        yield return $"  models     {Models(facts)}";
        if (facts.FreshAdminKey is { } fresh)
        {
            yield return "";
            yield return "A new admin key was made. It is shown this once:";
            yield return $"  {fresh}";
        }

        yield return "";
        yield return "Make a key for a caller:";
        yield return $"  {CreateKey(facts)}";
        yield return "";
        yield return facts.HasEcho ? "A first streamed answer, from the built-in model:" : "A first streamed answer:";
        yield return $"  {FirstAnswer(facts)}";
        yield return "";
        yield return "In an OpenAI SDK:";
        yield return $"  base_url=\"{BaseAddress(facts)}/v1\",";
        yield return "  api_key=\"sk-gw-…\",   # echo $KEY shows it";
        yield return "";
    }

    private static string CreateKey(StartupFacts facts)
    {
        string adminKey = facts.AdminKeyPath is { } path ? $"$(cat {ShellWord(path)})" : "$ADMIN_KEY";
        return $"KEY=$(curl -s {BaseAddress(facts)}/admin/keys -H \"Authorization: Bearer {adminKey}\" --json '{{\"name\":\"first\"}}' "
            + "| sed -n 's/.*\"key\": *\"\\([^\"]*\\)\".*/\\1/p')";
    }

    private static string FirstAnswer(StartupFacts facts)
    {
        string model = facts.HasEcho ? "echo" : facts.Models.FirstOrDefault(name => !name.Contains('*', StringComparison.Ordinal)) ?? "MODEL";
        return $"curl -N {BaseAddress(facts)}/v1/chat/completions -H \"Authorization: Bearer $KEY\" "
            + $"--json '{{\"model\":\"{model.Replace("'", "", StringComparison.Ordinal)}\",\"stream\":true,\"messages\":[{{\"role\":\"user\",\"content\":\"Hello, gateway\"}}]}}'";
    }

    private static string Providers(StartupFacts facts) => facts.Providers.Count == 0
        ? "none yet; set OPENAI_API_KEY or another provider's variable, start a local model server, or see Gateway:Providers in appsettings.json"
        : string.Join(", ", facts.Providers.Select(provider => $"{provider.Name} ({provider.Origin})"));

    private static string Models(StartupFacts facts)
    {
        int more = facts.Models.Count - ModelsShown;
        string names = string.Join(", ", facts.Models.Take(ModelsShown)) + (more > 0 ? $" and {more} more" : "");
        string direct = facts.Providers.Count > 0 ? "provider/model" : "";
        return string.Join("; ", new[] { names, direct }.Where(part => part.Length > 0)) is { Length: > 0 } known ? known : "none";
    }

    /// <summary>An address to paste: one that listens everywhere is reached here as localhost.</summary>
    private static string BaseAddress(StartupFacts facts)
    {
        string address = facts.Addresses.OrderBy(candidate => candidate.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? 0 : 1)
            .Append(ListenAddresses.Default).First();
        foreach (string everywhere in new[] { "://[::]", "://0.0.0.0", "://*", "://+" })
        {
            address = address.Replace(everywhere, "://localhost", StringComparison.Ordinal);
        }

        return address.TrimEnd('/');
    }

    private static string ShellWord(string path) => path.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '.' or '-' or '_')
        ? path
        : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    [LoggerMessage(1001, LogLevel.Information, "Gateway {Version} listens on {Addresses}, data in {DataDirectory}")]
    private static partial void Listening(ILogger logger, string version, string addresses, string dataDirectory);

    [LoggerMessage(1002, LogLevel.Information, "Providers: {Providers}. Models: {Models}")]
    private static partial void Serving(ILogger logger, string providers, string models);

    [LoggerMessage(1003, LogLevel.Information, "A new admin key was made, it is in {Path}")]
    private static partial void AdminKeyMade(ILogger logger, string path);

    [LoggerMessage(1004, LogLevel.Information, "Make a key: {CreateKey} and ask: {FirstAnswer}")]
    private static partial void NextSteps(ILogger logger, string createKey, string firstAnswer);
}
