using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Testcontainers.PostgreSql;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>
/// A PostgreSQL server on a port of its own, with its disk synced as in production: in a container where Docker answers, else from the
/// system's package, in a temporary folder.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string User = "gateway";
    private const string Password = "password-of-the-tests";
    private const string Image = "postgres:15-alpine";
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(60);
    private static readonly string[] Options = ["-c", "max_connections=400", "-c", "shared_buffers=64MB", "-c", "log_min_messages=fatal"];

    private static readonly Lazy<PostgresServer> Shared = new(() => StartAsync().GetAwaiter().GetResult());

    private readonly PostgreSqlContainer? _container;
    private readonly PostgresFolder? _folder;
    private Process? _process;

    private PostgresServer(PostgresFolder? folder)
    {
        Port = FreePort();
        _folder = folder;
        if (folder is null)
        {
            // A port that stays the same when it is stopped and started again.
            _container = new PostgreSqlBuilder(Image).WithUsername(User).WithPassword(Password).WithPortBinding(Port, 5432).WithCommand(Options).Build();
        }
    }

    /// <summary>The one server that all tests share, each with databases of its own.</summary>
    public static PostgresServer OfTheRun => Shared.Value;

    public static bool WasUsed => Shared.IsValueCreated;

    public int Port { get; }

    public bool IsRunning { get; private set; }

    public static async Task<PostgresServer> StartAsync()
    {
        var server = new PostgresServer(Docker.Answers ? null : PostgresFolder.Create(User, Password));
        await server.ResumeAsync();
        return server;
    }

    /// <summary>As an operator gives it.</summary>
    public string ConnectionString(string database) => $"Host=127.0.0.1;Port={Port};Database={database};Username={User};Password={Password}";

    /// <summary>Starts it again on the same port and files.</summary>
    public async Task ResumeAsync()
    {
        if (_container is not null)
        {
            await _container.StartAsync();
        }

        _process = _folder?.Start(Port, Options);
        await AnswersAsync();
        IsRunning = true;
    }

    /// <summary>Stops it at once, as a power cut does: what was committed is on the disk, and nobody is told.</summary>
    public async Task StopAsync()
    {
        IsRunning = false;
        NpgsqlConnection.ClearAllPools();
        if (_container is not null)
        {
            await _container.StopAsync();
        }

        await EndAsync();
    }

    /// <summary>Runs a command on the server as a whole.</summary>
    public void Execute(string sql)
    {
        using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false;Timeout=60;Command Timeout=60");
        connection.Open();
        PostgresTables.Execute(connection, sql);
    }

    public async ValueTask DisposeAsync()
    {
        IsRunning = false;
        await EndAsync();
        _folder?.Dispose();
        if (_container is not null)
        {
            await _container.DisposeAsync();
        }
    }

    private async Task EndAsync()
    {
        if (_process is not null)
        {
            // The end of its input is the sign to stop; it comes as well when the test run dies.
            _process.StandardInput.Close();
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
            _process = null;
        }
    }

    private async Task AnswersAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            try
            {
                Execute("select 1");
                return;
            }
            catch (NpgsqlException) when (TimeProvider.System.GetElapsedTime(started) < StartTime && _process is not { HasExited: true })
            {
                await timer.WaitForNextTickAsync(CancellationToken.None);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
