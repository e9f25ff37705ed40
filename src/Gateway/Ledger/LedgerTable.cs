using Gateway.Storage;
using Microsoft.Data.Sqlite;

namespace Gateway.Ledger;

/// <summary>
/// Writes groups of rows to SQLite, each group one transaction, with statements prepared once: EF Core's change tracking would cost several
/// times the insert. Used by the ledger writer's thread alone.
/// </summary>
internal sealed class LedgerTable(SqliteFile file) : IDisposable
{
    // Safe to run twice: a group whose commit was not heard of is sent again.
    private const string Insert =
        """
        insert into requests (id, time, key_id, team_id, user, endpoint, model, provider, upstream_model, status, outcome, stream,
            input_tokens, output_tokens, cached_tokens, reasoning_tokens, token_source, attempts, ttft_ms, duration_ms, upstream_request_id, error_code)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
        on conflict (id) do nothing
        """;

    private const string TouchKey = "update keys set last_used_at = max(ifnull(last_used_at, 0), $1) where id = $2";

    private readonly Dictionary<KeyId, long> _lastUsed = [];
    private SqliteConnection? _connection;
    private SqliteCommand? _insert;
    private SqliteCommand? _touchKey;

    public void Write(IReadOnlyList<LedgerEntry> rows)
    {
        try
        {
            WriteGroup(rows);
        }
        catch
        {
            // A connection that failed once is not trusted again.
            Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _insert?.Dispose();
        _touchKey?.Dispose();
        _connection?.Dispose();
        _connection = null;
    }

    private void WriteGroup(IReadOnlyList<LedgerEntry> rows)
    {
        if (_connection is not { } connection || _insert is not { } insert || _touchKey is not { } touchKey)
        {
            _connection = connection = file.Open();
            _insert = insert = Prepare(connection, Insert, 22);
            _touchKey = touchKey = Prepare(connection, TouchKey, 2);
        }

        using var transaction = connection.BeginTransaction();
        insert.Transaction = touchKey.Transaction = transaction;
        _lastUsed.Clear();
        foreach (var row in rows)
        {
            Bind(insert.Parameters, row);
            insert.ExecuteNonQuery();
            if (row.KeyId is { } key)
            {
                var time = row.Time.ToUnixTimeMilliseconds();
                _lastUsed[key] = Math.Max(time, _lastUsed.GetValueOrDefault(key));
            }
        }

        foreach (var (key, time) in _lastUsed)
        {
            touchKey.Parameters[0].Value = time;
            touchKey.Parameters[1].Value = key.Value;
            touchKey.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    private static void Bind(SqliteParameterCollection to, LedgerEntry row)
    {
        to[0].Value = row.Id.Value;
        to[1].Value = row.Time.ToUnixTimeMilliseconds();
        to[2].Value = OrNull(row.KeyId?.Value);
        to[3].Value = OrNull(row.TeamId);
        to[4].Value = OrNull(row.User);
        to[5].Value = row.Endpoint;
        to[6].Value = OrNull(row.Model);
        to[7].Value = OrNull(row.Provider);
        to[8].Value = OrNull(row.UpstreamModel);
        to[9].Value = row.Status;
        to[10].Value = (int)row.Outcome;
        to[11].Value = row.Stream;
        to[12].Value = row.InputTokens;
        to[13].Value = row.OutputTokens;
        to[14].Value = row.CachedTokens;
        to[15].Value = row.ReasoningTokens;
        to[16].Value = (int)row.TokenSource;
        to[17].Value = row.Attempts;
        to[18].Value = row.TimeToFirstByte is { } first ? Milliseconds(first) : DBNull.Value;
        to[19].Value = Milliseconds(row.Duration);
        to[20].Value = OrNull(row.UpstreamRequestId);
        to[21].Value = OrNull(row.ErrorCode);
    }

    private static object OrNull(string? text) => text is null ? DBNull.Value : text;

    private static long Milliseconds(TimeSpan span) => (long)Math.Round(span.TotalMilliseconds);

    private static SqliteCommand Prepare(SqliteConnection connection, string sql, int parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var n = 1; n <= parameters; n++)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = "$" + n.ToString(System.Globalization.CultureInfo.InvariantCulture) });
        }

        command.Prepare();
        return command;
    }
}
