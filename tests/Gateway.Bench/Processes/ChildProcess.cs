using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;

namespace Gateway.Bench.Processes;

/// <summary>A process of the benchmark: started, its output drained, and ended with its children by id whatever happens.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int KeptLines = 20;

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lastLines = new();
    private readonly string _name;

    private ChildProcess(string name, Process process, bool readsOutput)
    {
        _name = name;
        _process = process;
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginErrorReadLine();
        if (!readsOutput)
        {
            process.OutputDataReceived += (_, line) => Keep(line.Data);
            process.BeginOutputReadLine();
        }
    }

    public int Id => _process.Id;

    public StreamWriter Input => _process.StandardInput;

    public StreamReader Output => _process.StandardOutput;

    /// <param name="name">What it is called in messages.</param>
    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="workingDirectory">Where it runs.</param>
    /// <param name="environment">Variables added to those it inherits.</param>
    /// <param name="readsOutput">True when the caller reads <see cref="Output"/> itself.</param>
    public static ChildProcess Start(
        string name,
        string file,
        IEnumerable<string> arguments,
        string workingDirectory,
        IReadOnlyDictionary<string, string>? environment = null,
        bool readsOutput = false)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (variable, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[variable] = value;
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"{name} did not start.");
        return new ChildProcess(name, process, readsOutput);
    }

    /// <summary>Another mode of this same program.</summary>
    public static ChildProcess StartSelf(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, bool readsOutput = false)
    {
        string[] all = [Path.Combine(AppContext.BaseDirectory, "Gateway.Bench.dll"), .. arguments];
        return Start(all[1], "dotnet", all, AppContext.BaseDirectory, environment, readsOutput);
    }

    /// <summary>Waits until somebody listens on the port; fails with the process's last words when it ended instead.</summary>
    public async Task WaitForPortAsync(int port, CancellationToken cancel)
    {
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < StartPatience)
        {
            if (_process.HasExited)
            {
                throw Failure($"ended with code {_process.ExitCode} before it listened");
            }

            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync("127.0.0.1", port, cancel);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancel);
            }
        }

        throw Failure($"did not listen within {StartPatience.TotalSeconds} s");
    }

    public InvalidOperationException Failure(string what) =>
        new($"{_name} {what}. Its last lines:\n{string.Join('\n', _lastLines)}");

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It ended by itself.
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        _lastLines.Enqueue(line);
        if (_lastLines.Count > KeptLines)
        {
            _lastLines.TryDequeue(out _);
        }
    }
}
