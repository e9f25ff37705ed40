namespace Gateway.IntegrationTests.Quotas;

/// <summary>A clock that a test moves, also backwards, as a machine's may.</summary>
internal sealed class SteppingClock(DateTimeOffset start) : TimeProvider
{
    private DateTimeOffset _now = start;

    public override DateTimeOffset GetUtcNow() => _now;

    public void Advance(TimeSpan by) => _now += by;
}
