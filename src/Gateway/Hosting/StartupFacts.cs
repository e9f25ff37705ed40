namespace Gateway.Hosting;

/// <summary>What the gateway tells when it has started.</summary>
internal sealed record StartupFacts
{
    public required string Version { get; init; }

    /// <summary>The addresses it listens on, as the server reports them.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>The data directory's full path.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The file that holds the admin key, or null where the settings give it.</summary>
    public string? AdminKeyPath { get; init; }

    /// <summary>The admin key where it was made just now; shown on a terminal and nowhere else.</summary>
    public string? FreshAdminKey { get; init; }

    /// <summary>Each provider with where it comes from: <c>settings</c>, a variable's name, a local address.</summary>
    public required IReadOnlyList<(string Name, string Origin)> Providers { get; init; }

    /// <summary>Names and patterns that callers may ask for.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>Whether the built-in model is there to try.</summary>
    public required bool HasEcho { get; init; }
}
