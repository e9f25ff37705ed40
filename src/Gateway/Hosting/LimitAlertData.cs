namespace Gateway.Hosting;

/// <summary>What an event says of a limit, in the words of the admin API.</summary>
internal sealed record LimitAlertData
{
    /// <summary>Whose it is: <c>key</c> or <c>team</c>.</summary>
    public required string Scope { get; init; }

    public required string? KeyId { get; init; }

    public required string? TeamId { get; init; }

    public required string Name { get; init; }

    public required string Unit { get; init; }

    public required string? Per { get; init; }

    public required string? Model { get; init; }

    public required string Mode { get; init; }

    public required decimal Limit { get; init; }

    public required decimal Used { get; init; }

    public required double Share { get; init; }

    /// <summary>Null where the window rolls or never ends.</summary>
    public required DateTime? ResetsAt { get; init; }
}
