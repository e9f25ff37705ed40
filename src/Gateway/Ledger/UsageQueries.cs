using System.Data.Common;
using System.Runtime.InteropServices;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Ledger;

/// <summary>Answers what was used, from the sums alone: the ledger itself is never read for it.</summary>
internal sealed class UsageQueries(IDbContextFactory<GatewayDb> dbs, UsageBuckets buckets)
{
    /// <summary>Rows of an answer. What would have more is asked too widely, and is refused before it fills the memory.</summary>
    public const int MaxRows = 200_000;

    private static readonly string[] Figures = ["requests", "input_tokens", "output_tokens", "cached_tokens", "cost_usd_micros", "errors"];

    public async Task<UsageAnswer> AskAsync(UsageAsk ask, CancellationToken cancel)
    {
        var from = buckets.StartOf(ask.From.ToUnixTimeMilliseconds());
        var to = buckets.StartOf(ask.To.ToUnixTimeMilliseconds() + buckets.Width - 1);
        await using var db = await dbs.CreateDbContextAsync(cancel);
        await db.Database.OpenConnectionAsync(cancel);
        await using var command = db.Database.GetDbConnection().CreateCommand();
        Compose(command, ask, from, to);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = await ReadAsync(reader, ask.Groups, cancel);
        return new UsageAnswer(DateTimeOffset.FromUnixTimeMilliseconds(from), DateTimeOffset.FromUnixTimeMilliseconds(to), rows);
    }

    private static void Compose(DbCommand command, UsageAsk ask, long from, long to)
    {
        List<string> where = ["bucket >= @from", "bucket < @to"];
        Bind(command, "@from", from);
        Bind(command, "@to", to);
        foreach (var (column, value) in new[] { ("key_id", ask.KeyId), ("team_id", ask.TeamId), ("model", ask.Model), ("provider", ask.Provider) })
        {
            if (value is not null)
            {
                where.Add($"{column} = @{column}");
                Bind(command, $"@{column}", value);
            }
        }

        var source = Source(command, ask, string.Join(" and ", where));
        var groups = Columns(ask.Groups);
        var sums = string.Join(", ", Figures.Select(figure => $"cast(sum({figure}) as bigint)"));
        command.CommandText = groups.Length == 0
            ? $"select {sums} from {source}"
            : $"select {groups}, {sums} from {source} group by {groups} having sum(requests) <> 0";
    }

    /// <summary>
    /// Calls with a user are in both tables. The rest, which have none, is what remains of all when those with one are taken away.
    /// </summary>
    private static string Source(DbCommand command, UsageAsk ask, string where)
    {
        if (ask.User is { } user)
        {
            Bind(command, "@user", user);
            return $"(select * from usage_users where {where} and end_user = @user) as calls";
        }

        if (!ask.Groups.Contains(UsageGrouping.User))
        {
            return $"(select * from usage_hours where {where}) as calls";
        }

        const string Groups = "bucket, key_id, team_id, model, provider";
        var figures = string.Join(", ", Figures);
        var negative = string.Join(", ", Figures.Select(figure => $"-{figure}"));
        return
            $"""
            (select {Groups}, end_user, {figures} from usage_users where {where}
            union all select {Groups}, '', {figures} from usage_hours where {where}
            union all select {Groups}, '', {negative} from usage_users where {where}) as calls
            """;
    }

    /// <summary>Days and hours come of the bucket, by the time zone's rules, which no database shares.</summary>
    private static string Columns(IReadOnlyList<UsageGrouping> groups) => string.Join(", ", groups.Select(group => group switch
    {
        UsageGrouping.Key => "key_id",
        UsageGrouping.Team => "team_id",
        UsageGrouping.Model => "model",
        UsageGrouping.Provider => "provider",
        UsageGrouping.User => "end_user",
        _ => "bucket",
    }).Distinct());

    private static void Bind(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }

    private async Task<IReadOnlyList<UsageRow>?> ReadAsync(DbDataReader reader, IReadOnlyList<UsageGrouping> groups, CancellationToken cancel)
    {
        var hours = new LocalHours(buckets.Zone);
        var columns = Places(groups);
        var first = columns.Count == 0 ? 0 : columns.Max() + 1;
        var found = new Dictionary<UsageRowKey, UsageFigures>();
        while (await reader.ReadAsync(cancel))
        {
            var values = new string[groups.Count];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = groups[i] switch
                {
                    UsageGrouping.Day => hours.DayOf(reader.GetInt64(columns[i])),
                    UsageGrouping.Hour => hours.HourOf(reader.GetInt64(columns[i])),
                    _ => reader.GetString(columns[i]),
                };
            }

            Add(ref CollectionsMarshal.GetValueRefOrAddDefault(found, new UsageRowKey(values), out _), reader, first);
            if (found.Count > MaxRows)
            {
                return null;
            }
        }

        return [.. found.OrderBy(row => row.Key).Select(row => new UsageRow(row.Key.Values, row.Value))];
    }

    /// <summary>At which column of the answer each group's value is.</summary>
    private static List<int> Places(IReadOnlyList<UsageGrouping> groups)
    {
        var places = new List<int>();
        var bucket = -1;
        var next = 0;
        foreach (var group in groups)
        {
            if (group is not (UsageGrouping.Day or UsageGrouping.Hour))
            {
                places.Add(next++);
                continue;
            }

            bucket = bucket < 0 ? next++ : bucket;
            places.Add(bucket);
        }

        return places;
    }

    private static void Add(ref UsageFigures sum, DbDataReader reader, int first)
    {
        long Figure(int index) => reader.IsDBNull(first + index) ? 0 : reader.GetInt64(first + index);

        sum.Requests += Figure(0);
        sum.InputTokens += Figure(1);
        sum.OutputTokens += Figure(2);
        sum.CachedTokens += Figure(3);
        sum.CostMicros += Figure(4);
        sum.Errors += Figure(5);
    }
}
