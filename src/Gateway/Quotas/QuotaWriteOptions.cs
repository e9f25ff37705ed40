namespace Gateway.Quotas;

/// <summary>When a call with limits goes out: <c>Gateway:Quotas</c>.</summary>
public sealed class QuotaWriteOptions
{
    /// <summary>
    /// Whether a call is forwarded only after its reservation is in the database and on the disk. Default false: it is forwarded while the reservation is
    /// written, and the caller gets the first byte once no dying process can take it along; a power cut may forget the last 50 ms or so.
    /// </summary>
    public bool Strict { get; set; }
}
