namespace Gateway.Storage;

/// <summary>What one limit has counted in one window, running reservations included. Moves in the transaction of whatever it counts, so counters are rebuilt from here.</summary>
internal sealed class QuotaUsageRow
{
    /// <summary>Whose counters: the team's id, or the key's.</summary>
    public required string Tag { get; init; }

    public required string LimitId { get; init; }

    /// <summary>The window's start in Unix milliseconds; 0 where there is none.</summary>
    public required long Window { get; init; }

    /// <summary>The window's kind, a number of the quota room's enum.</summary>
    public required int Per { get; init; }

    /// <summary>When the row may go, Unix milliseconds; 0: never.</summary>
    public required long ForgetAt { get; init; }

    public required long Counted { get; init; }
}
