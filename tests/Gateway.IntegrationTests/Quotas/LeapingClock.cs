namespace Gateway.IntegrationTests.Quotas;

/// <summary>The real clock, but that spans which are measured with it can be made longer.</summary>
internal sealed class LeapingClock : TimeProvider
{
    private long _leaped;

    public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _leaped);

    public void Leap(TimeSpan span) => Interlocked.Add(ref _leaped, (long)(span.TotalSeconds * TimestampFrequency));
}
