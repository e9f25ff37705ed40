namespace Gateway.Telemetry;

/// <summary>What became of one call to a provider: the closed set of the label <c>result</c>.</summary>
internal static class AttemptResult
{
    /// <summary>It answered with a success.</summary>
    public const string Answered = "answered";

    /// <summary>It answered with an error.</summary>
    public const string Refused = "refused";

    /// <summary>It could not be reached, broke off or took too long.</summary>
    public const string Failed = "failed";

    /// <summary>The caller left before it was over.</summary>
    public const string Abandoned = "abandoned";

    public static readonly IReadOnlyList<string> All = [Answered, Refused, Failed, Abandoned];
}
