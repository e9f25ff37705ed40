using Gateway.Storage;

namespace Gateway.Quotas;

/// <summary>What a call asks of its limits, and what the ledger will say of it if its process dies.</summary>
internal sealed record QuotaAsk
{
    public required RequestId Request { get; init; }

    /// <summary>When the call arrived.</summary>
    public required DateTimeOffset Time { get; init; }

    public required KeyId Key { get; init; }

    public string? TeamId { get; init; }

    /// <summary>The body's <c>user</c> field.</summary>
    public string? User { get; init; }

    /// <summary>The path below <c>/v1</c>.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The model's name as the caller gave it.</summary>
    public string? Model { get; init; }

    public bool Stream { get; init; }

    /// <summary>All limits of key and team that apply to the model; at least one.</summary>
    public required IReadOnlyList<Limit> Limits { get; init; }

    /// <summary>What the call may at most use.</summary>
    public required Charge Estimate { get; init; }
}
