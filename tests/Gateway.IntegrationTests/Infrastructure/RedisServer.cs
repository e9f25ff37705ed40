using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using Testcontainers.Redis;
using Xunit;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>
/// A Redis of a test's own, in a container where Docker answers, else a redis-server process: a free port, a directory that goes with it,
/// no persistence but what a test saves.
/// </summary>
public sealed class RedisServer : IAsyncLifetime
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(10);
    private const string Image = "redis:7-alpine";
    private static readonly string[] Options = ["--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0"];

    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-redis-").FullName;
    private Process? _process;
    private RedisContainer? _container;

    public int Port { get; private set; }

    public string Address => $"127.0.0.1:{Port}";

    public string DumpFile => Path.Combine(_directory, "dump.rdb");

    public async ValueTask InitializeAsync() => await StartAsync();

    /// <summary>Starts it, or starts it again on the same port and files after <see cref="KillAsync"/>.</summary>
    public async Task StartAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            if (Port == 0)
            {
                Port = FreePort();
            }

            if (Docker.Answers)
            {
                await StartContainerAsync();
                return;
            }

            string[] arguments = ["--port", $"{Port}", "--bind", "127.0.0.1", "--dir", _directory, .. Options];
            _process = Process.Start(new ProcessStartInfo("redis-server", arguments)
            {
                RedirectStandardOutput = true,
            }) ?? throw new InvalidOperationException("redis-server did not start.");
            _ = _process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            if (await AnswersAsync())
            {
                return;
            }

            await KillAsync();
            Port = 0;
            Assert.True(attempt < 3, "redis-server did not answer in time; is it installed?");
        }
    }

    public async Task KillAsync()
    {
        if (_container is not null)
        {
            // Its files stay where they are, for the next start.
            await Process.Start("docker", ["kill", _container.Id]).WaitForExitAsync(CancellationToken.None);
            await _container.DisposeAsync();
            _container = null;
        }

        if (_process is { } process)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
            _process = null;
        }
    }

    /// <summary>It runs on and answers nobody, until <see cref="Resume"/>.</summary>
    public void Pause() => Signal("-STOP");

    public void Resume() => Signal("-CONT");

    public async Task<ConnectionMultiplexer> ConnectAsync()
    {
        var options = Gateway.Quotas.RedisSettings.Parse(Address);
        options.AllowAdmin = true;
        return await ConnectionMultiplexer.ConnectAsync(options);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private void Signal(string signal)
    {
        string[] command = _container is null ? ["kill", signal, $"{_process?.Id}"] : ["docker", signal == "-STOP" ? "pause" : "unpause", _container.Id];
        Process.Start(command[0], command[1..]).WaitForExit();
    }

    /// <summary>Always on the same port and files, as a server that is started again is.</summary>
    private async Task StartContainerAsync()
    {
        _container = new RedisBuilder(Image).WithPortBinding(Port, 6379).WithBindMount(_directory, "/data")
            .WithCommand(["redis-server", "--protected-mode", "no", .. Options]).Build();
        await _container.StartAsync(TestContext.Current.CancellationToken);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<bool> AnswersAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (_process is { HasExited: false } && TimeProvider.System.GetElapsedTime(started) < StartTimeout)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port, TestContext.Current.CancellationToken);
                var stream = client.GetStream();
                await stream.WriteAsync("PING\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
                var answer = new byte[5];
                await stream.ReadExactlyAsync(answer, TestContext.Current.CancellationToken);
                if (answer.AsSpan().SequenceEqual("+PONG"u8))
                {
                    return true;
                }
            }
            catch (Exception refused) when (refused is SocketException or IOException)
            {
                await Task.Yield();
            }
        }

        return false;
    }
}
