namespace Gateway.Quotas;

/// <summary>When a call with limits goes out: <c>Gateway:Quotas</c>.</summary>
public sealed class QuotaWriteOptions
{
    /// <summary>
    /// Whether a call is forwarded only after its reservation is durable. Default false: it is forwarded while the reservation is written, and
    /// the caller gets the first byte once it is durable.
    /// </summary>
    public bool Strict { get; set; }
}
