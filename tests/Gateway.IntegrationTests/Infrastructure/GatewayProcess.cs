using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>The gateway as its operator runs it: a process of its own, which can be signalled and killed.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private GatewayProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Uri Address { get; }

    public int Id => _process.Id;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts the gateway in the given folder without waiting for it to answer; on a free port, unless the environment says where it listens.</summary>
    public static GatewayProcess Launch(string folder, IReadOnlyDictionary<string, string>? environment, params string[] args) => LaunchBehind([], folder, environment, null, args);

    /// <summary>The same with the program in another place than beside the tests.</summary>
    public static GatewayProcess Launch(string folder, IReadOnlyDictionary<string, string>? environment, string? program, string[] args) => LaunchBehind([], folder, environment, program, args);

    /// <summary>The same by a command that ends by becoming the gateway.</summary>
    public static GatewayProcess LaunchBehind(string[] command, string folder, IReadOnlyDictionary<string, string>? environment, params string[] args) =>
        LaunchBehind(command, folder, environment, null, args);

    private static GatewayProcess LaunchBehind(string[] command, string folder, IReadOnlyDictionary<string, string>? environment, string? program, string[] args)
    {
        var told = environment?.GetValueOrDefault("ASPNETCORE_URLS");
        var address = new Uri(told ?? FreeAddress());
        string[] listen = told is null ? [$"--urls={address}"] : [];
        string[] whole = [.. command, "dotnet", program ?? Path.Combine(AppContext.BaseDirectory, "Gateway.dll"), .. listen, .. args];
        var start = new ProcessStartInfo(whole[0], whole[1..])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.EndsWith("_API_KEY", StringComparison.Ordinal) || name.StartsWith("Gateway__", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        // 32 MiB, as on a usual server. The collector takes its first generation from the processor's cache, and virtual machines report up to
        // 260 MiB of it: memory would have to grow by that before anything is collected once.
        start.Environment["DOTNET_GCgen0size"] = "2000000";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new GatewayProcess(Process.Start(start) ?? throw new InvalidOperationException("The gateway did not start."), address);
    }

    /// <summary>Starts the gateway and waits until it says that it is ready.</summary>
    public static async Task<GatewayProcess> StartAsync(string folder, params string[] args)
    {
        var gateway = Launch(folder, null, args);
        await gateway.ReadyAsync();
        return gateway;
    }

    public async Task ReadyAsync()
    {
        using var client = new HttpClient { BaseAddress = Address };
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await timer.WaitForNextTickAsync(limit.Token))
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"The gateway ended with {_process.ExitCode}:\n{Output}");
            }

            try
            {
                using var response = await client.GetAsync(new Uri("/health/ready", UriKind.Relative), limit.Token);
                if (response.StatusCode == HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        }
    }

    public void Terminate() => Process.Start("kill", ["-TERM", Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]).WaitForExit();

    public void Kill() => _process.Kill();

    /// <summary>It stands still, as a machine does that is frozen, until <see cref="Resume"/>.</summary>
    public void Pause() => Process.Start("kill", ["-STOP", $"{Id}"]).WaitForExit();

    public void Resume() => Process.Start("kill", ["-CONT", $"{Id}"]).WaitForExit();

    public async Task<int> ExitCodeAsync(TimeSpan within)
    {
        using var limit = new CancellationTokenSource(within);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    public static string FreeAddress()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return $"http://{probe.LocalEndpoint}";
    }

    private void Keep(string? line)
    {
        lock (_output)
        {
            _output.AppendLine(line);
        }
    }
}
