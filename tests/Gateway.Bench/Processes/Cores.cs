using System.Diagnostics;
using System.Globalization;

namespace Gateway.Bench.Processes;

/// <summary>Which cores processes run on: what is measured, and what must not disturb it.</summary>
internal static class Cores
{
    private static readonly int Last = Environment.ProcessorCount - 1;

    /// <summary>For what is not measured. As <c>taskset</c> writes lists of cores.</summary>
    public static string Apart => Last.ToString(CultureInfo.InvariantCulture);

    /// <summary>All but that one; on a machine with a single core, that one.</summary>
    public static string Measured => Last switch
    {
        0 or 1 => "0",
        _ => $"0-{Last - 1}",
    };

    /// <summary>Binds all threads of a process; those that it starts later inherit it, and so do its children.</summary>
    public static async Task BindAsync(int process, string cores, CancellationToken cancel)
    {
        using var change = Process.Start("taskset", ["--all-tasks", "--cpu-list", "--pid", cores, $"{process}"]);
        // One that ended meanwhile runs nowhere.
        await change.WaitForExitAsync(cancel);
    }
}
