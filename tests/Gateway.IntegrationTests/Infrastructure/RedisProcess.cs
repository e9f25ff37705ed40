using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>A redis-server process with arguments of its own: a node of a cluster, a replica, a sentinel. They name each other's ports, which containers would hide.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-redis-").FullName;
    private readonly Process _process;

    private RedisProcess(int port, Func<string, string[]> arguments)
    {
        Port = port;
        _process = Process.Start(new ProcessStartInfo("redis-server", arguments(_directory)) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("redis-server did not start.");
        _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
    }

    public int Port { get; }

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>A server without persistence.</summary>
    public static async Task<RedisProcess> StartAsync(params string[] options)
    {
        var port = FreePort();
        var server = new RedisProcess(port, folder => ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--repl-diskless-sync-delay", "0", .. options]);
        await server.AnswersAsync();
        return server;
    }

    /// <summary>A replica that has what its master has.</summary>
    public static async Task<RedisProcess> FollowAsync(RedisProcess master)
    {
        var replica = await StartAsync("--replicaof", "127.0.0.1", $"{master.Port}");
        await Eventually.IsTrueAsync(
            async () => (await replica.AskAsync("INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal), TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        return replica;
    }

    /// <summary>A sentinel that alone decides who is the master.</summary>
    public static async Task<RedisProcess> WatchAsync(string service, RedisProcess master)
    {
        var port = FreePort();
        var sentinel = new RedisProcess(port, folder =>
        {
            var file = Path.Combine(folder, "sentinel.conf");
            File.WriteAllLines(
                file,
                [
                    $"port {port}", "bind 127.0.0.1", $"dir {folder}", $"sentinel monitor {service} 127.0.0.1 {master.Port} 1", $"sentinel down-after-milliseconds {service} 500",
                    $"sentinel failover-timeout {service} 3000",
                ]);
            return [file, "--sentinel"];
        });
        await sentinel.AnswersAsync();
        return sentinel;
    }

    /// <summary>One command on a connection of its own.</summary>
    public async Task<string> AskAsync(params string[] command)
    {
        using var client = Process.Start(new ProcessStartInfo("redis-cli", ["-h", "127.0.0.1", "-p", $"{Port}", .. command]) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException("redis-cli did not start.");
        // A server that is not there yet, or not any more, is no news.
        _ = client.StandardError.ReadToEndAsync(CancellationToken.None);
        var answer = await client.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await client.WaitForExitAsync(TestContext.Current.CancellationToken);
        return answer.Trim();
    }

    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static int FreePort()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            // Nodes of a cluster talk on a port 10,000 above.
            if (((IPEndPoint)listener.LocalEndpoint).Port is var port && port < 55_000)
            {
                return port;
            }
        }
    }

    private Task AnswersAsync() => Eventually.IsTrueAsync(
        async () => await AskAsync("PING") == "PONG", TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
}
