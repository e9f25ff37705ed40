using System.Globalization;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Running;
using Gateway.Bench;
using Gateway.Bench.Admin;
using Gateway.Bench.Candidates;
using Gateway.Bench.Consoles;
using Gateway.Bench.Load;
using Gateway.Bench.Mock;
using Gateway.Bench.Processes;
using Gateway.Bench.Soaking;
using Gateway.Bench.Starting;

// The first four are the benchmark's own helpers, started by it as processes of their own.
return args switch
{
    ["mock", var port] => await MockUpstream.RunAsync(Number(port)),
    ["yarp", var port, var upstream] => await RawYarp.RunAsync(Number(port), upstream),
    ["load"] => await LoadGenerator.RunAsync(),
    ["spin", var seconds] => await IdleSpinner.RunAsync(TimeSpan.FromSeconds(Number(seconds))),
    ["micro", .. var rest] => Micro(rest),
    ["fill", .. var rest] => await RunAsync(cancel => new LedgerFill(LedgerOptions.Parse(rest)).RunAsync(cancel)),
    ["ask", .. var rest] => await RunAsync(cancel => new LedgerAsk(LedgerOptions.Parse(rest)).RunAsync(cancel)),
    ["consoles", .. var rest] => await RunAsync(cancel => new OpenConsoles(ConsolesOptions.Parse(rest)).RunAsync(cancel)),
    ["soak", .. var rest] => await RunAsync(cancel => new Soak(SoakOptions.Parse(rest)).RunAsync(cancel)),
    ["start", .. var rest] => await RunAsync(cancel => new ColdStart(StartOptions.Parse(rest)).RunAsync(cancel)),
    ["--help" or "-h", ..] => Explain(""),
    _ => await MeasureAsync(args),
};

static int Micro(string[] args)
{
    BenchmarkSwitcher.FromAssembly(typeof(BenchOptions).Assembly).Run(args);
    return 0;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static int Explain(string fault)
{
    System.Console.WriteLine(fault);
    System.Console.WriteLine(BenchOptions.Usage);
    return fault.Length == 0 ? 0 : 2;
}

static Task<int> MeasureAsync(string[] args) => RunAsync(cancel => new Benchmark(BenchOptions.Parse(args)).RunAsync(cancel));

static async Task<int> RunAsync(Func<CancellationToken, Task> run)
{
    using var stop = new CancellationTokenSource();
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    try
    {
        await run(stop.Token);
        return 0;
    }
    catch (ArgumentException fault) when (fault.ParamName is null)
    {
        // A command line that makes no sense; the message says where.
        return Explain(fault.Message);
    }
    catch (OperationCanceledException) when (stop.IsCancellationRequested)
    {
        return 130;
    }
    catch (Exception e) when (e is InvalidOperationException or IOException)
    {
        // A candidate that did not start, or died: its last words are in the message, and there are no figures to show.
        await System.Console.Error.WriteLineAsync(e.Message);
        return 1;
    }

    void Stop(PosixSignalContext signal)
    {
        // Not at once: the processes that were started must be ended first.
        signal.Cancel = true;
        stop.Cancel();
    }
}
