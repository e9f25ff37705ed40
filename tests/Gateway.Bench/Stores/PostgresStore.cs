using Gateway.Bench.Processes;
using Npgsql;

namespace Gateway.Bench.Stores;

/// <summary>A PostgreSQL server of the run's own, with its disk synced as in production.</summary>
/// <param name="Port">Where it listens on loopback.</param>
/// <param name="ProcessId">Its process.</param>
internal sealed record PostgresStore(int Port, int ProcessId)
{
    private const string User = "bench";

    /// <summary>Its programs refuse to run as root, who lends them the user that came with them.</summary>
    private const string ServiceUser = "postgres";

    /// <summary>As the gateway's setting wants it.</summary>
    public string ConnectionString => $"Host=127.0.0.1;Port={Port};Database=postgres;Username={User}";

    /// <summary>Null where PostgreSQL is not installed.</summary>
    public static Task<PostgresStore?> StartAsync(ProcessGroup processes, DirectoryInfo folder, CancellationToken cancel) =>
        StartAsync(processes, folder, $"postgres-{Guid.NewGuid():N}", [], cancel);

    /// <summary>The same in a named folder, on what an earlier one left there.</summary>
    public static async Task<PostgresStore?> StartAsync(ProcessGroup processes, DirectoryInfo folder, string name, IReadOnlyList<string> settings, CancellationToken cancel)
    {
        // Debian keeps them off the path, a folder for each version.
        string[] versions = Directory.Exists("/usr/lib/postgresql") ? [.. Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Reverse()] : [];
        if (Path.GetDirectoryName(Programs.Find("initdb", [.. versions.Select(version => Path.Combine(version, "bin"))])) is not { } programs)
        {
            return null;
        }

        var port = FreePort.Pick();
        var home = folder.CreateSubdirectory(name).FullName;
        // Whoever serves it must be able to get to it.
        File.SetUnixFileMode(folder.FullName, File.GetUnixFileMode(folder.FullName) | UnixFileMode.OtherExecute);
        var make = File.Exists($"{home}/data/PG_VERSION") ? "true" : $"{programs}/initdb -D {home}/data -U {User} -A trust -E UTF8 --locale=C.UTF-8";
        var serve = $"{make} && exec {programs}/postgres -D {home}/data -k {home} -p {port} -c listen_addresses=127.0.0.1{string.Concat(settings.Select(setting => $" -c {setting}"))}";
        string[] command = Environment.UserName == "root" ? ["sh", "-c", $"chown {ServiceUser} {home} && exec runuser -u {ServiceUser} -- sh -c '{serve}'"] : ["sh", "-c", serve];
        var process = processes.Add(ChildProcess.Start("PostgreSQL", command[0], command[1..], home));
        await process.WaitForPortAsync(port, cancel);
        var store = new PostgresStore(port, process.Id);
        await store.RecoverAsync(cancel);
        return store;
    }

    /// <summary>A server that was killed listens before it serves: it reads its log first.</summary>
    private async Task RecoverAsync(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
                await connection.OpenAsync(cancel);
                return;
            }
            catch (PostgresException starting) when (starting.SqlState == PostgresErrorCodes.CannotConnectNow)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), cancel);
            }
        }
    }
}
