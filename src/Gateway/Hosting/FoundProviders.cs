using Gateway.Providers;

namespace Gateway.Hosting;

/// <summary>What the machine had at the start, for the start-up lines.</summary>
internal sealed record FoundProviders(IReadOnlyList<FoundProvider> All);
