namespace Gateway.Providers;

/// <summary>
/// Places on a line from 0 to 1 that fall evenly whatever their number: multiples of the golden ratio, without their whole part. Targets that
/// take stretches of the line as long as their weights get calls in that proportion, nearly exactly and in a mixed order, with no lock and no schedule.
/// </summary>
internal sealed class Turns
{
    private const ulong GoldenRatio = 0x9E37_79B9_7F4A_7C15;

    private ulong _taken;

    /// <summary>The next place, in 2^-32.</summary>
    public uint Next() => (uint)((Interlocked.Increment(ref _taken) * GoldenRatio) >> 32);
}
