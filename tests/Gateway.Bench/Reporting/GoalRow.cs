namespace Gateway.Bench.Reporting;

/// <summary>One goal beside what was measured.</summary>
/// <param name="Goal">What is promised.</param>
/// <param name="Measured">The figure, in words.</param>
/// <param name="IsMet">Null where this run cannot tell.</param>
internal sealed record GoalRow(string Goal, string Measured, bool? IsMet)
{
    public string Verdict => IsMet switch
    {
        true => "met",
        false => "**not met**",
        null => "–",
    };
}
