namespace Gateway.Hosting;

/// <summary>Who may read the metrics: <c>Gateway:Metrics</c>.</summary>
public sealed class MetricsOptions
{
    /// <summary>Whether <c>/metrics</c> answers anyone. Default false: only callers on loopback and those who show the admin key.</summary>
    public bool Public { get; set; }
}
