using System.Net;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Postgres;

/// <summary>A gateway goes on from a dump, with the commands that docs/administration.md names.</summary>
[OnPostgres]
public sealed class PostgresBackupTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private const string Echo = """{"model":"echo","max_tokens":50,"messages":[{"role":"user","content":"Hello there"}]}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_dump_taken_while_calls_are_written_has_the_sums_of_its_rows()
    {
        using var folder = new TempFolder();
        using var target = PostgresDatabase.Create();
        var dump = folder.File("backup.dump");
        string secret;
        await using (var gateway = await GatewayHost.StartAsync([]))
        {
            secret = await gateway.NewKeyAsync(new { name = "k", limits = new[] { new { unit = "tokens", limit = 1_000_000, per = "total" } } });
            using var caller = gateway.Client(secret);
            using var stop = new CancellationTokenSource();
            var calling = CallAsync(caller, stop.Token);
            await Eventually.IsTrueAsync(async () => (await UsageAsync(gateway)).Requests > 5, Patience, Cancel);
            var (code, said) = await Tool.RunAsync("pg_dump", ["--format=custom", $"--file={dump}", $"--dbname={UriOf(gateway.Database)}"], Cancel);
            Assert.True(code == 0, said);
            await stop.CancelAsync();
            await calling;
        }

        var (restored, fault) = await Tool.RunAsync("pg_restore", ["--clean", "--if-exists", $"--dbname={UriOf(target.ConnectionString)}", dump], Cancel);
        Assert.True(restored == 0, fault);
        await using var again = await GatewayHost.StartAsync([.. target.Settings]);
        using var back = again.Client(secret);

        // Calls that were under way when the dump was taken are settled as reserved by the gateway that finds them.
        await Eventually.IsTrueAsync(async () => await UsedAsync(back) is { Reserved: 0 } && await MatchesAsync(again, target, back), Patience, Cancel);
        using (var answer = await back.CallAsync(Echo, cancel: Cancel))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        await Eventually.IsTrueAsync(async () => await MatchesAsync(again, target, back), Patience, Cancel);
    }

    private static async Task CallAsync(HttpClient caller, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var answer = await caller.CallAsync(Echo, cancel: Cancel);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    /// <summary>Ledger, sums of usage and counters tell the same.</summary>
    private static async Task<bool> MatchesAsync(GatewayHost gateway, PostgresDatabase database, HttpClient caller)
    {
        var usage = await UsageAsync(gateway);
        var rows = Convert.ToInt64(Sql.Scalar(database.ConnectionString, "select count(*) from requests"), null);
        var tokens = Convert.ToInt64(Sql.Scalar(database.ConnectionString, "select coalesce(sum(input_tokens + output_tokens), 0) from requests"), null);
        return usage == (rows, tokens) && (await UsedAsync(caller)).Used == tokens;
    }

    private static async Task<(long Requests, long Tokens)> UsageAsync(GatewayHost gateway)
    {
        var usage = JsonSerializer.Deserialize<JsonElement>(await gateway.Admin.GetStringAsync(new Uri("/admin/usage", UriKind.Relative), Cancel)).GetProperty("data");
        return usage.GetArrayLength() == 0 ? default : (usage[0].GetProperty("requests").GetInt64(), usage[0].GetProperty("input_tokens").GetInt64() + usage[0].GetProperty("output_tokens").GetInt64());
    }

    private static async Task<(long Used, long Reserved)> UsedAsync(HttpClient caller)
    {
        var limit = JsonSerializer.Deserialize<JsonElement>(await caller.GetStringAsync(new Uri("/v1/key", UriKind.Relative), Cancel)).GetProperty("limits")[0];
        return (limit.GetProperty("used").GetInt64(), limit.GetProperty("reserved").GetInt64());
    }

    /// <summary>As PostgreSQL's own programs take an address.</summary>
    private static string UriOf(string connectionString)
    {
        var parts = connectionString.Split(';').Select(part => part.Split('=', 2)).ToDictionary(part => part[0], part => part[1], StringComparer.Ordinal);
        return $"postgresql://{parts["Username"]}:{parts["Password"]}@{parts["Host"]}:{parts["Port"]}/{parts["Database"]}";
    }
}
