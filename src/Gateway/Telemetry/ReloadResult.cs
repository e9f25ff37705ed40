namespace Gateway.Telemetry;

/// <summary>What became of a changed settings file: the closed set of the label <c>result</c>.</summary>
internal static class ReloadResult
{
    public const string Applied = "applied";
    public const string Refused = "refused";

    public static readonly IReadOnlyList<string> All = [Applied, Refused];
}
