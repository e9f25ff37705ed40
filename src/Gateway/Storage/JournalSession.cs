using Microsoft.Data.Sqlite;

namespace Gateway.Storage;

/// <summary>
/// The journal's connection, with its statements prepared once and bound through SQLite's own interface: the ADO.NET driver costs 2.6 KB of
/// garbage and half as much processor again for each row, EF Core's change tracking several times that. Sums that many writes of a group
/// touch are gathered and written once. Used by the journal's thread alone.
/// </summary>
internal sealed class JournalSession(SqliteFile file, UsageBuckets buckets) : IDisposable
{
    private const string TouchKey = "update keys set last_used_at = max(ifnull(last_used_at, 0), ?1) where id = ?2";

    private const string AddUsage =
        """
        insert into quota_usage (tag, limit_id, window, per, forget_at, counted) values (?1, ?2, ?3, ?4, ?5, ?6)
        on conflict (tag, limit_id, window) do update set counted = quota_usage.counted + excluded.counted
        """;

    private readonly Dictionary<string, JournalStatement> _statements = new(StringComparer.Ordinal);
    private readonly Dictionary<KeyId, long> _lastUsed = [];
    private readonly Dictionary<(string Tag, string LimitId, long Window), (SpendCharge Charge, long Difference)> _usage = [];
    private SqliteConnection? _connection;

    /// <summary>The sums of usage that the group moves.</summary>
    public UsageSums Usage { get; } = new(buckets);

    /// <summary>Writes a group as one transaction, or throws and leaves nothing.</summary>
    public void Commit(IReadOnlyList<JournalWrite> group)
    {
        try
        {
            var connection = _connection ??= file.Open();
            _lastUsed.Clear();
            _usage.Clear();
            Usage.Clear();
            // Immediate: what a write reads here holds until the commit.
            using var transaction = connection.BeginTransaction();
            foreach (var write in group)
            {
                write.Write(this);
            }

            WriteSums();
            transaction.Commit();
        }
        catch
        {
            // A connection that failed once is not trusted again.
            Dispose();
            throw;
        }
    }

    /// <summary>The statement for this text, which must be a constant.</summary>
    public JournalStatement Statement(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            var connection = _connection ?? throw new InvalidOperationException("Statements are run inside a group.");
            _statements[sql] = statement = new JournalStatement(connection, sql);
        }

        return statement;
    }

    public void KeyUsed(KeyId key, long time) => _lastUsed[key] = Math.Max(time, _lastUsed.GetValueOrDefault(key));

    /// <summary>Moves what a limit has counted in the charge's window.</summary>
    public void Count(string tag, SpendCharge charge, long difference)
    {
        if (difference != 0)
        {
            var place = (tag, charge.LimitId, charge.Window);
            _usage[place] = (charge, _usage.GetValueOrDefault(place).Difference + difference);
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        _statements.Clear();
        _connection?.Dispose();
        _connection = null;
    }

    private void WriteSums()
    {
        foreach (var (key, time) in _lastUsed)
        {
            var touch = Statement(TouchKey);
            touch.Bind(1, time);
            touch.Bind(2, key.Value);
            touch.Run();
        }

        foreach (var ((tag, limit, window), (charge, difference)) in _usage)
        {
            var add = Statement(AddUsage);
            add.Bind(1, tag);
            add.Bind(2, limit);
            add.Bind(3, window);
            add.Bind(4, charge.Per);
            add.Bind(5, charge.ForgetAt);
            add.Bind(6, difference);
            add.Run();
        }

        Usage.Write(this);
    }
}
