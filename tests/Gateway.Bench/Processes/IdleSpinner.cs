using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Gateway.Bench.Processes;

/// <summary>
/// Keeps the cores awake while one caller is measured: waking a sleeping core takes as long as a proxy does, and a runtime
/// that spins by itself would look better than one that sleeps. SCHED_IDLE gives way to every other thread at once, nice 19 does not.
/// </summary>
internal static partial class IdleSpinner
{
    private const int SchedIdle = 5;

    /// <summary>Starts it as a process of its own, which spins when this returns.</summary>
    public static async Task<ChildProcess> StartAsync(TimeSpan atMost, CancellationToken cancel)
    {
        var spinner = ChildProcess.StartSelf(["spin", $"{(int)atMost.TotalSeconds}"], readsOutput: true);
        if (await spinner.Output.ReadLineAsync(cancel) is null)
        {
            var failure = spinner.Failure("ended");
            await spinner.DisposeAsync();
            throw failure;
        }

        return spinner;
    }

    /// <summary>Says so on its output once every core spins, and ends with its parent or after <paramref name="atMost"/>.</summary>
    public static async Task<int> RunAsync(TimeSpan atMost)
    {
        var until = Stopwatch.GetTimestamp() + (long)(atMost.TotalSeconds * Stopwatch.Frequency);
        using var spinning = new CountdownEvent(Environment.ProcessorCount);
        for (var i = 0; i < Environment.ProcessorCount; i++)
        {
            new Thread(() => Spin(until, spinning)) { IsBackground = true, Name = "spinner" }.Start();
        }

        spinning.Wait();
        await System.Console.Out.WriteLineAsync("spinning");
        await Task.WhenAny(ParentWatch.UntilParentLeavesAsync(), Task.Delay(atMost));
        return 0;
    }

    private static void Spin(long until, CountdownEvent spinning)
    {
        var priority = 0;
        if (SetScheduler(pid: 0, SchedIdle, ref priority) != 0)
        {
            throw new Win32Exception();
        }

        spinning.Signal();
        while (Stopwatch.GetTimestamp() < until)
        {
            Thread.SpinWait(1000);
        }
    }

    /// <summary>Its parameter is a struct of one int; pid 0 is the calling thread.</summary>
    [LibraryImport("libc", EntryPoint = "sched_setscheduler", SetLastError = true)]
    private static partial int SetScheduler(int pid, int policy, ref int priority);
}
