using System.Diagnostics;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Postgres;

/// <summary>Starting on PostgreSQL: it works, or one line says why not.</summary>
[OnPostgres]
public sealed class PostgresStartTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Replicas_that_start_at_once_on_an_empty_database_migrate_it_once()
    {
        var processes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => StoreProcess.StartAsync(_folder.Path, Cancel, redis: "127.0.0.1:1"), Cancel)));

        Assert.All(processes, process => Assert.True(process.Health.IsHealthy));
        Assert.Equal(1L, Sql.Scalar(_folder.DatabasePath, "select count(*) from change_sequence"));
        foreach (var process in processes)
        {
            await process.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_database_of_a_newer_version_stops_the_start()
    {
        await using (await StoreProcess.StartAsync(_folder.Path, Cancel))
        {
        }

        Sql.Execute(_folder.DatabasePath, """insert into "__EFMigrationsHistory" ("MigrationId", "ProductVersion") values ('29990101000000_Future', '99.0.0')""");

        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => StoreProcess.StartAsync(_folder.Path, Cancel));
        Assert.Contains("29990101000000_Future", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Password=", "Password=planted-secret;Was=", "Check user and password")]
    [InlineData("Database=", "Database=no_such_database;Was=", "there is no such database")]
    [InlineData("Port=", "Port=1;Was=", "can't be reached")]
    public async Task What_it_cannot_connect_to_stops_the_start_with_one_line_that_shows_no_password(string name, string instead, string told)
    {
        var settings = System.Text.RegularExpressions.Regex.Replace(_folder.DatabasePath.Replace(name, instead, StringComparison.Ordinal), ";Was=[^;]*", "");
        using var folder = new TempFolder();
        var begun = Stopwatch.GetTimestamp();
        await using var gateway = GatewayProcess.Launch(folder.Path, null, "--Gateway:Database:Provider=postgres", $"--Gateway:Database:ConnectionString={settings}");

        Assert.Equal(1, await gateway.ExitCodeAsync(TimeSpan.FromSeconds(30)));

        Assert.True(Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(30));
        Assert.Contains(told, gateway.Output, StringComparison.Ordinal);
        Assert.Single(gateway.Output.Split('\n'), line => line.Contains("can't be used", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", gateway.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("planted-secret", gateway.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("password-of-the-tests", gateway.Output, StringComparison.Ordinal);
    }
}
