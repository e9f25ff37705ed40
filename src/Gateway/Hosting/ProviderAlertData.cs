namespace Gateway.Hosting;

/// <summary>What an event says of a provider, in the words of the admin API.</summary>
internal sealed record ProviderAlertData
{
    public required string Provider { get; init; }

    /// <summary><c>credential_refused</c> or <c>calls_fail</c>.</summary>
    public required string Reason { get; init; }

    /// <summary>In the gateway's own words, nothing of what the provider wrote.</summary>
    public required string? LastError { get; init; }

    /// <summary>Models and patterns that are served by what fails, a few of them.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>When this gateway first saw it.</summary>
    public required DateTime FailingSince { get; init; }
}
