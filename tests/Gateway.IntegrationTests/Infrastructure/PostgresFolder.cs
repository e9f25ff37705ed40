using System.Diagnostics;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>A database cluster in a temporary folder, made and served by the system's own PostgreSQL. Its programs refuse to run as root, so root lends them the user that came with them.</summary>
internal sealed class PostgresFolder : IDisposable
{
    private const string ServiceUser = "postgres";
    private static readonly bool IsRoot = Environment.UserName == "root";

    private readonly string _path;
    private readonly string _programs;

    private PostgresFolder(string path, string programs)
    {
        _path = path;
        _programs = programs;
    }

    public static PostgresFolder Create(string user, string password)
    {
        var folder = new PostgresFolder(Directory.CreateTempSubdirectory("gateway-postgres-").FullName, Programs());
        if (IsRoot)
        {
            Run("chown", ServiceUser, folder._path);
        }

        // Read and removed by the shell that becomes initdb: the file is made by the user who reads it.
        Run(
            AsUser("sh", "-c", $"umask 077; printf %s \"$1\" > {folder._path}/password && {folder._programs}/initdb -D {folder._path}/data -U {user} --pwfile={folder._path}/password -A password -E UTF8 --locale=C.UTF-8 > {folder._path}/initdb.log 2>&1", "sh", password));
        return folder;
    }

    /// <summary>Runs until its input ends.</summary>
    public Process Start(int port, IEnumerable<string> options)
    {
        var script = $"{_programs}/postgres -D {_path}/data -k {_path} -p {port} -c listen_addresses=127.0.0.1 {string.Join(' ', options)} >> {_path}/log 2>&1 & "
            + "server=$!; read _; kill -QUIT $server; wait $server; exit 0";
        var command = AsUser("sh", "-c", script);
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true };
        return Process.Start(start) ?? throw new InvalidOperationException("PostgreSQL did not start.");
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);

    private static string[] AsUser(params string[] command) => IsRoot ? ["runuser", "-u", ServiceUser, "--", .. command] : command;

    /// <summary>Debian keeps them off the path, a folder for each version.</summary>
    private static string Programs()
    {
        string[] versions = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];
        string[] path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return versions.Select(version => Path.Combine(version, "bin")).Order(StringComparer.Ordinal).Reverse().Concat(path)
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")))
            ?? throw new InvalidOperationException("PostgreSQL is not installed: tests/run installs it, or 'apt-get install postgresql'.");
    }

    private static void Run(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true })
            ?? throw new InvalidOperationException($"{command[0]} did not start.");
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command[0]} ended with {process.ExitCode}.");
        }
    }
}
