namespace Gateway.Providers;

/// <summary>A provider that no setting names but the machine has.</summary>
/// <param name="Name">Its name, as in <c>name/model</c>.</param>
/// <param name="Origin">Where it was found: an environment variable's name or a local address. Shown at the start.</param>
/// <param name="Options">Its settings.</param>
/// <param name="Models">The names and patterns that lead to it without its name in front.</param>
internal sealed record FoundProvider(string Name, string Origin, ProviderOptions Options, IReadOnlyList<string> Models);
