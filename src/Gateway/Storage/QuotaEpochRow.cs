namespace Gateway.Storage;

/// <summary>Which rebuild of some counters is in force. A reservation is written only under the epoch that stands here, so counters of the past can admit nothing.</summary>
internal sealed class QuotaEpochRow
{
    /// <summary>Whose counters: a team's id, a key's, or <c>*</c> for all that live in one process.</summary>
    public required string Tag { get; init; }

    public required long Epoch { get; init; }

    /// <summary>Whether its counters are being rebuilt: nothing is admitted until they are.</summary>
    public required bool Building { get; init; }

    /// <summary>Until when others leave the rebuild to the one who began it, Unix milliseconds.</summary>
    public required long BuildDeadline { get; init; }
}
