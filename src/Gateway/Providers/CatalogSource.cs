namespace Gateway.Providers;

/// <summary>What catalogs are made of beside the settings for providers and models.</summary>
internal sealed record CatalogSource
{
    /// <summary>How long a connection may take.</summary>
    public required TimeSpan ConnectTimeout { get; init; }

    /// <summary>What answers for the built-in model; the first catalog and its successors own it.</summary>
    public required HttpMessageHandler Echo { get; init; }

    public required HealthBounds Health { get; init; }

    public required TimeProvider Time { get; init; }
}
