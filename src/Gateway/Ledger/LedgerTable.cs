using Gateway.Storage;
using Microsoft.Data.Sqlite;

namespace Gateway.Ledger;

/// <summary>
/// Writes groups of rows to SQLite, each group one transaction. The statements are prepared once and bound through SQLite's own interface:
/// the ADO.NET driver costs 2.6 KB of garbage and half as much processor again for each row, EF Core's change tracking several times that.
/// Used by the ledger writer's thread alone.
/// </summary>
internal sealed class LedgerTable(SqliteFile file) : IDisposable
{
    // Safe to run twice: a group whose commit was not heard of is sent again.
    private const string Insert =
        """
        insert into requests (id, time, key_id, team_id, user, endpoint, model, provider, upstream_model, status, outcome, stream,
            input_tokens, output_tokens, cached_tokens, reasoning_tokens, token_source, attempts, ttft_ms, duration_ms, upstream_request_id, error_code,
            cost_usd_micros, reserved_tokens, denied_by)
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)
        on conflict (id) do nothing
        """;

    private const string TouchKey = "update keys set last_used_at = max(ifnull(last_used_at, 0), ?1) where id = ?2";

    private readonly Dictionary<KeyId, long> _lastUsed = [];
    private SqliteConnection? _connection;
    private LedgerStatement? _insert;
    private LedgerStatement? _touchKey;

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
            _insert = insert = new LedgerStatement(connection, Insert);
            _touchKey = touchKey = new LedgerStatement(connection, TouchKey);
        }

        using var transaction = connection.BeginTransaction();
        _lastUsed.Clear();
        foreach (var row in rows)
        {
            InsertRow(insert, row);
            if (row.KeyId is { } key)
            {
                _lastUsed[key] = Math.Max(row.Time.ToUnixTimeMilliseconds(), _lastUsed.GetValueOrDefault(key));
            }
        }

        foreach (var (key, time) in _lastUsed)
        {
            touchKey.Bind(1, time);
            touchKey.Bind(2, key.Value);
            touchKey.Run();
        }

        transaction.Commit();
    }

    private static void InsertRow(LedgerStatement insert, LedgerEntry row)
    {
        insert.Bind(1, row.Id.Value);
        insert.Bind(2, row.Time.ToUnixTimeMilliseconds());
        insert.Bind(3, row.KeyId?.Value);
        insert.Bind(4, row.TeamId);
        insert.Bind(5, row.User);
        insert.Bind(6, row.Endpoint);
        insert.Bind(7, row.Model);
        insert.Bind(8, row.Provider);
        insert.Bind(9, row.UpstreamModel);
        insert.Bind(10, row.Status);
        insert.Bind(11, (int)row.Outcome);
        insert.Bind(12, row.Stream ? 1 : 0);
        insert.Bind(13, row.InputTokens);
        insert.Bind(14, row.OutputTokens);
        insert.Bind(15, row.CachedTokens);
        insert.Bind(16, row.ReasoningTokens);
        insert.Bind(17, (int)row.TokenSource);
        insert.Bind(18, row.Attempts);
        insert.Bind(19, Milliseconds(row.TimeToFirstByte));
        insert.Bind(20, Milliseconds(row.Duration));
        insert.Bind(21, row.UpstreamRequestId);
        insert.Bind(22, row.ErrorCode);
        insert.Bind(23, row.CostMicros);
        insert.Bind(24, row.ReservedTokens);
        insert.BindWhole(25, row.DeniedBy is { } limit ? DenyingLimitText.Write(limit) : null);
        insert.Run();
    }

    private static long? Milliseconds(TimeSpan? span) => span is { } value ? (long)Math.Round(value.TotalMilliseconds) : null;
}
