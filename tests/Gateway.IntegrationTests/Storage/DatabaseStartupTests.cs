using Gateway.IntegrationTests.Infrastructure;
using Gateway.Storage;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Gateway.IntegrationTests.Storage;

public sealed class DatabaseStartupTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_first_start_makes_the_data_directory_for_its_owner_only()
    {
        var directory = Path.Combine(_folder.Path, "deep", "data");

        await using var process = await StoreProcess.StartAsync(directory, TestContext.Current.CancellationToken);

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(directory, "gateway.db")));
        }
    }

    [Fact]
    public async Task Commits_are_synced_and_readers_do_not_wait_for_writers()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, TestContext.Current.CancellationToken);

        using var connection = new SqliteFile(_folder.Path).Open();

        Assert.Equal("wal", Scalar(connection, "pragma journal_mode"));
        Assert.Equal(2L, Scalar(connection, "pragma synchronous"));
    }

    [Fact]
    public async Task A_second_start_on_the_same_file_works()
    {
        await using (await StoreProcess.StartAsync(_folder.Path, TestContext.Current.CancellationToken))
        {
        }

        await using var again = await StoreProcess.StartAsync(_folder.Path, TestContext.Current.CancellationToken);

        Assert.True(again.Health.IsHealthy);
    }

    [Fact]
    public async Task A_database_of_a_newer_version_stops_the_start()
    {
        await using (await StoreProcess.StartAsync(_folder.Path, TestContext.Current.CancellationToken))
        {
        }

        Sql.Execute(_folder.DatabasePath, "insert into __EFMigrationsHistory (MigrationId, ProductVersion) values ('29990101000000_Future', '99.0.0')");

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => StoreProcess.StartAsync(_folder.Path, TestContext.Current.CancellationToken));
        Assert.Contains("newer version", refused.Message, StringComparison.Ordinal);
        Assert.Contains("29990101000000_Future", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_database_stops_the_start_and_is_left_alone()
    {
        var content = new string('x', 4096);
        await File.WriteAllTextAsync(_folder.DatabasePath, content, TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => StoreProcess.StartAsync(_folder.Path, TestContext.Current.CancellationToken));

        Assert.Contains("not a sound SQLite file", refused.Message, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllTextAsync(_folder.DatabasePath, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_data_directory_that_is_a_file_stops_the_start()
    {
        var path = Path.Combine(_folder.Path, "data");
        await File.WriteAllTextAsync(path, "", TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => StoreProcess.StartAsync(path, TestContext.Current.CancellationToken));

        Assert.Contains("Gateway:DataDirectory", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_locked_by_another_process_stops_the_start()
    {
        using var other = Sql.HoldWriteLock(_folder.DatabasePath);

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => StoreProcess.StartAsync(_folder.Path, TestContext.Current.CancellationToken));

        Assert.Contains("another process holds its lock", refused.Message, StringComparison.Ordinal);
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
