using System.Globalization;

namespace Gateway.Bench.Processes;

/// <summary>CPU time of the whole machine, to tell how much of a measurement was somebody else's work.</summary>
internal static class MachineCpu
{
    private const long MicrosecondsPerTick = 10_000;

    /// <summary>Busy time of all cores together since the start, time stolen by the host included.</summary>
    public static long BusyMicroseconds()
    {
        // cpu user nice system idle iowait irq softirq steal guest guest_nice: the guest times are part of user and nice already.
        var times = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9]
            .Select(time => long.Parse(time, CultureInfo.InvariantCulture))
            .ToArray();
        return (times.Sum() - times[3] - times[4]) * MicrosecondsPerTick;
    }
}
