namespace Gateway.Console.Playground;

/// <summary>What came of a test call.</summary>
/// <param name="IsWell">Whether there was an answer.</param>
/// <param name="Fault">What went wrong, as the API says it.</param>
/// <param name="RequestId">The call's id, where it has one.</param>
internal sealed record TestResult(bool IsWell, string? Fault, string? RequestId)
{
    public TimeSpan Took { get; init; }
}
