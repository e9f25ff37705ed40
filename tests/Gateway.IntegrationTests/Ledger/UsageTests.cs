using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Ledger;
using Gateway.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.IntegrationTests.Ledger;

/// <summary>The sums of usage are those of the ledger, whatever happens to its rows.</summary>
public sealed class UsageTests : IDisposable
{
    private static readonly UsageGrouping[] AllGroups = Enum.GetValues<UsageGrouping>();

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_mix_of_groups_comes_to_the_sums_of_the_rows()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var rows = Enumerable.Range(0, 200).Select(Varied).ToList();
        await RecordAsync(process, rows);

        for (var mix = 0; mix < 1 << AllGroups.Length; mix++)
        {
            UsageGrouping[] groups = [.. AllGroups.Where(group => (mix >> (int)group & 1) == 1)];
            var expected = rows.GroupBy(row => string.Join('|', groups.Select(group => ValueOf(row, group))))
                .ToDictionary(same => same.Key, Sum);

            var answer = await AskAsync(process, groups);

            Assert.Equal(expected.OrderBy(pair => pair.Key, StringComparer.Ordinal), answer.OrderBy(pair => pair.Key, StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task A_row_that_takes_an_expired_ones_place_takes_its_sums_too()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var expired = Rows.Completed() with { Outcome = CallOutcome.LeaseExpired, Provider = null, Status = 500, InputTokens = 5_000, OutputTokens = 900, CachedTokens = 0 };
        var real = Rows.Completed() with { Id = expired.Id };
        await RecordAsync(process, [expired]);
        Assert.Equal(Sum([expired]), (await AskAsync(process, []))[""]);

        Assert.True(process.Ledger.TryReserve());
        process.Ledger.Record(real, new Settlement(real.Id.Value, "tag", [], [], default, keepsRow: false, () => { }));
        await DrainedAsync(process);

        Assert.Equal(Sum([real]), (await AskAsync(process, []))[""]);
        Assert.Equal([("openai|user-7", Sum([real]))], (await AskAsync(process, [UsageGrouping.Provider, UsageGrouping.User])).Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public async Task Calls_of_a_process_that_died_are_summed_as_they_were_reserved()
    {
        await using (await StoreProcess.StartAsync(_folder.Path, Cancel))
        {
        }

        foreach (var (id, user) in new[] { ("req_a", "'ann'"), ("req_b", "null"), ("req_c", "'ann'") })
        {
            Sql.Execute(
                _folder.DatabasePath,
                $"""
                insert into reservations (id, tag, epoch, stage, created, time, key_id, user, endpoint, model, stream, input_tokens, output_tokens, requests, micro_dollars, charges)
                values ('{id}', 'key_1', 1, 0, 0, {Rows.Noon.ToUnixTimeMilliseconds()}, 'key_1', {user}, 'embeddings', 'm', 0, 10, 5, 1, 7, '')
                """);
        }

        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        await Eventually.IsTrueAsync(
            () => ValueTask.FromResult((long?)Sql.Scalar(_folder.DatabasePath, "select count(*) from requests") == 3), TimeSpan.FromSeconds(30), Cancel);

        Assert.Equal(new UsageFigures(3, 30, 15, 0, 21, 3), (await AskAsync(process, []))[""]);
        var byUser = await AskAsync(process, [UsageGrouping.Key, UsageGrouping.Model, UsageGrouping.User]);
        Assert.Equal(new UsageFigures(2, 20, 10, 0, 14, 2), byUser["key_1|m|ann"]);
        Assert.Equal(new UsageFigures(1, 10, 5, 0, 7, 1), byUser["key_1|m|"]);
    }

    [Fact]
    public async Task A_group_that_is_tried_again_is_summed_once_and_a_row_recorded_twice_too()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var row = Rows.Completed();
        var failures = 0;
        process.Journal.Tried += commit => Interlocked.Add(ref failures, commit.Succeeded ? 0 : 1);
        using (Sql.HoldWriteLock(_folder.DatabasePath))
        {
            Record(process, row);
            await Eventually.IsTrueAsync(() => ValueTask.FromResult(Volatile.Read(ref failures) > 0), TimeSpan.FromSeconds(30), Cancel);
        }

        await DrainedAsync(process);
        await RecordAsync(process, [row]);

        Assert.Equal(Sum([row]), (await AskAsync(process, []))[""]);
    }

    [Fact]
    public async Task Names_that_refused_calls_made_up_have_no_sums_of_their_own()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var invented = Enumerable.Range(0, 50).Select(n => Rows.Completed() with { Model = $"no-such-{n}", User = $"nobody-{n}", Provider = null, Outcome = CallOutcome.Rejected });
        await RecordAsync(process, invented);

        Assert.Equal(["(others)|(others)"], (await AskAsync(process, [UsageGrouping.Model, UsageGrouping.User])).Keys);
    }

    [Fact]
    public async Task Days_and_hours_are_those_of_the_time_zone_where_clocks_change()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        await using var process = await StoreProcess.StartAsync(
            _folder.Path, Cancel, change: services => services.AddSingleton(new UsageBuckets(zone)));
        // Clocks went back at 01:00 UTC: 02:30 came twice, and the day had 25 hours.
        string[] times = ["2026-10-24T21:59:59Z", "2026-10-24T22:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z"];
        await RecordAsync(process, times.Select(time => Rows.Completed(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture))));

        var days = await AskAsync(process, [UsageGrouping.Day]);
        var hours = await AskAsync(process, [UsageGrouping.Hour]);

        Assert.Equal([("2026-10-24", 1L), ("2026-10-25", 4L), ("2026-10-26", 1L)], days.Select(day => (day.Key, day.Value.Requests)));
        Assert.Contains("2026-10-25T00:00:00.000Z", hours.Keys);
        Assert.Contains("2026-10-25T01:00:00.000Z", hours.Keys);
    }

    [Fact]
    public async Task Hours_of_a_zone_between_the_hours_begin_with_its_own()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Kathmandu");
        await using var process = await StoreProcess.StartAsync(
            _folder.Path, Cancel, change: services => services.AddSingleton(new UsageBuckets(zone)));
        await RecordAsync(process, [Rows.Completed(Rows.Noon), Rows.Completed(Rows.Noon.AddMinutes(14)), Rows.Completed(Rows.Noon.AddMinutes(15))]);

        var hours = await AskAsync(process, [UsageGrouping.Hour]);

        Assert.Equal([("2026-11-24T11:15:00.000Z", 2L), ("2026-11-24T12:15:00.000Z", 1L)], hours.Select(hour => (hour.Key, hour.Value.Requests)));
    }

    [Fact]
    public async Task A_backup_taken_while_calls_are_written_has_the_sums_of_its_rows()
    {
        using var restored = new TempFolder();
        await using (var process = await StoreProcess.StartAsync(_folder.Path, Cancel))
        {
            await RecordAsync(process, Enumerable.Range(0, 500).Select(Varied));
            var writing = Task.Run(() => Enumerable.Range(0, 5_000).Select(Varied).ToList().ForEach(row => Record(process, row)), Cancel);
            using (var source = new SqliteConnection($"Data Source={_folder.DatabasePath};Pooling=False"))
            using (var target = new SqliteConnection($"Data Source={restored.DatabasePath};Pooling=False"))
            {
                await source.OpenAsync(Cancel);
                await target.OpenAsync(Cancel);
                source.BackupDatabase(target);
            }

            await writing;
            await DrainedAsync(process);
        }

        await using var again = await StoreProcess.StartAsync(restored.Path, Cancel);
        var rows = (long?)Sql.Scalar(restored.DatabasePath, "select count(*) from requests");
        var input = (long?)Sql.Scalar(restored.DatabasePath, "select sum(input_tokens) from requests");
        var sums = (await AskAsync(again, []))[""];

        Assert.InRange(sums.Requests, 500, 5_500);
        Assert.Equal((rows, input), (sums.Requests, sums.InputTokens));
        Assert.Equal("ok", Sql.Scalar(restored.DatabasePath, "pragma integrity_check"));
        await RecordAsync(again, [Rows.Completed()]);
        Assert.Equal(rows + 1, (await AskAsync(again, []))[""].Requests);
    }

    private static LedgerEntry Varied(int n) => Rows.Completed(Rows.Noon.AddMinutes(n * 17)) with
    {
        KeyId = n % 7 == 0 ? null : new KeyId($"key_{n % 3}"),
        TeamId = n % 2 == 0 ? null : "team_1",
        Model = n % 11 == 0 ? null : $"model-{n % 2}",
        Provider = n % 13 == 0 ? null : $"provider-{n % 2}",
        User = n % 3 == 0 ? null : $"user-{n % 4}",
        Outcome = (n % 5) switch { 0 => CallOutcome.Denied, 1 => CallOutcome.ClientDisconnected, _ => CallOutcome.Completed },
        InputTokens = n,
        OutputTokens = 2 * n,
        CachedTokens = n / 2,
        CostMicros = n % 4 == 0 ? null : 3 * n,
    };

    private static string ValueOf(LedgerEntry row, UsageGrouping group) => group switch
    {
        UsageGrouping.Key => row.KeyId?.Value ?? "",
        UsageGrouping.Team => row.TeamId ?? "",
        UsageGrouping.Model => row.Model ?? "",
        UsageGrouping.Provider => row.Provider ?? "",
        UsageGrouping.User => row.User ?? "",
        UsageGrouping.Day => row.Time.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
        _ => row.Time.ToString("yyyy-MM-dd'T'HH':00:00.000Z'", System.Globalization.CultureInfo.InvariantCulture),
    };

    private static UsageFigures Sum(IEnumerable<LedgerEntry> rows)
    {
        var sum = default(UsageFigures);
        foreach (var row in rows)
        {
            var isError = row.Outcome is not (CallOutcome.Completed or CallOutcome.ClientDisconnected);
            sum = new UsageFigures(
                sum.Requests + 1, sum.InputTokens + row.InputTokens, sum.OutputTokens + row.OutputTokens, sum.CachedTokens + row.CachedTokens,
                sum.CostMicros + (row.CostMicros ?? 0), sum.Errors + (isError ? 1 : 0));
        }

        return sum;
    }

    private static async Task<IReadOnlyDictionary<string, UsageFigures>> AskAsync(StoreProcess process, IReadOnlyList<UsageGrouping> groups)
    {
        var answer = await process.Usage.AskAsync(new UsageAsk(Rows.Noon.AddDays(-60), Rows.Noon.AddDays(60), groups), Cancel);
        return (answer.Rows ?? []).ToDictionary(row => string.Join('|', row.Groups), row => row.Figures);
    }

    private static void Record(StoreProcess process, LedgerEntry row)
    {
        Assert.True(process.Ledger.TryReserve());
        process.Ledger.Record(row);
    }

    private static async Task RecordAsync(StoreProcess process, IEnumerable<LedgerEntry> rows)
    {
        foreach (var row in rows)
        {
            Record(process, row);
        }

        await DrainedAsync(process);
    }

    private static Task DrainedAsync(StoreProcess process) =>
        Eventually.IsTrueAsync(() => ValueTask.FromResult(process.Ledger.TakenSlots == 0), TimeSpan.FromSeconds(30), Cancel);
}
