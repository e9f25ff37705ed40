namespace Gateway.Storage;

/// <summary>A call under way that counts against limits: what it may at most spend, kept so that a process that dies can't make it forgotten.</summary>
internal sealed class ReservationRow
{
    /// <summary>The request's id.</summary>
    public required string Id { get; init; }

    /// <summary>Whose counters it was taken from.</summary>
    public required string Tag { get; init; }

    /// <summary>The epoch of those counters.</summary>
    public required long Epoch { get; init; }

    /// <summary>One of the numbers of <see cref="ReservationStage"/>.</summary>
    public required int Stage { get; init; }

    /// <summary>When it was made, Unix milliseconds.</summary>
    public required long Created { get; init; }

    /// <summary>When the call arrived, Unix milliseconds. This and the next are for the ledger's row, should nobody else be left to write it.</summary>
    public required long Time { get; init; }

    public string? KeyId { get; init; }

    public string? TeamId { get; init; }

    public string? User { get; init; }

    public required string Endpoint { get; init; }

    public string? Model { get; init; }

    public required bool Stream { get; init; }

    /// <summary>What was reserved; once settled, what was spent.</summary>
    public required long InputTokens { get; init; }

    public required long OutputTokens { get; init; }

    public required long Requests { get; init; }

    public required long MicroDollars { get; init; }

    /// <summary>As <see cref="SpendCharge.Write"/> makes it.</summary>
    public required string Charges { get; init; }
}
