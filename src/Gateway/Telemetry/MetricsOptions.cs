using System.ComponentModel.DataAnnotations;

namespace Gateway.Telemetry;

/// <summary>Which metrics there are, and who may read them: <c>Gateway:Metrics</c>.</summary>
public sealed class MetricsOptions
{
    /// <summary>Whether <c>/metrics</c> answers anyone. Default false: only callers on loopback and those who show the admin key.</summary>
    public bool Public { get; set; }

    /// <summary>
    /// Which of OpenTelemetry's two sets of GenAI names stand beside <c>gateway_*</c>: <c>a</c> (of the conventions up to 1.41, which dashboards know),
    /// <c>b</c> (of those since), <c>both</c> or <c>off</c>. Default <c>a</c>.
    /// </summary>
    [AllowedValues("a", "b", "both", "off")]
    public string GenAi { get; set; } = "a";

    /// <summary>Whether there is <c>gateway_team_cost_usd_total</c>, by the ids of at most 100 teams; the rest is <c>other</c>. Default false.</summary>
    public bool Teams { get; set; }
}
