using Npgsql;

namespace Gateway.Storage;

/// <summary>
/// The journal on PostgreSQL. All statements of a group go out together and their answers come back together; then those that the answers
/// call for, the sums and the commit: two round trips a group, however many writes it has.
/// </summary>
internal sealed class PostgresSession(PostgresAddress address, UsageBuckets buckets) : JournalSession(buckets)
{
    /// <summary>Of a group that PostgreSQL gave up in favour of another one, which is a matter of luck and not an outage.</summary>
    private const int Tries = 3;

    private const string Begin = "begin isolation level read committed";
    private const string End = "commit";

    /// <summary>
    /// A commit that was answered is on the disk whatever the server's default says, and a process that hangs in the middle of a group, such as a
    /// paused virtual machine, does not keep what it locked.
    /// </summary>
    private const string Setup =
        """
        select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off';
        set idle_in_transaction_session_timeout = '5s'
        """;

    private readonly Dictionary<string, PostgresStatement> _statements = new(StringComparer.Ordinal);
    private readonly List<PostgresCall> _calls = [];
    // Of its own: a pool is also what finds the primary among several hosts.
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(address.JournalConnectionString);
    private NpgsqlConnection? _connection;

    public override void Commit(IReadOnlyList<JournalWrite> group)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                base.Commit(group);
                return;
            }
            catch (PostgresException failure) when (
                attempt < Tries && failure.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure)
            {
                // Rolled back for certain, so nothing is unknown: once more.
            }
        }
    }

    public override JournalStatement Statement(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            _statements[sql] = statement = new PostgresStatement(this, JournalSql.ForPostgres(sql));
        }

        return statement;
    }

    /// <summary>Puts a bound statement in line.</summary>
    public int Add(PostgresCall call)
    {
        var ticket = AddAnswer(null);
        _calls.Add(call with { Ticket = ticket });
        return ticket;
    }

    /// <summary>Sends what is in line and waits for its answers.</summary>
    public void Flush()
    {
        using var batch = new NpgsqlBatch(_connection);
        foreach (var call in _calls)
        {
            batch.BatchCommands.Add(call.Command);
        }

        ReadAnswers(batch);
        foreach (var call in _calls)
        {
            if (!call.IsQuery)
            {
                SetAnswer(call.Ticket, call.Command.RecordsAffected);
            }

            call.Statement.TakeBack(call.Command);
        }

        _calls.Clear();
    }

    public override void Dispose()
    {
        _connection?.Dispose();
        _source.Dispose();
    }

    protected override void Forget()
    {
        _calls.Clear();
        _statements.Clear();
        // Else the next connection would be this one again.
        _source.Clear();
        _connection?.Dispose();
        _connection = null;
    }

    protected override void Transact(IReadOnlyList<JournalWrite> group)
    {
        _connection ??= Open();

        Statement(Begin).RunLater();
        foreach (var write in group)
        {
            write.Write(this);
        }

        Flush();
        foreach (var write in group)
        {
            write.Conclude(this);
        }

        WriteSums();
        Statement(End).RunLater();
        Flush();
    }

    private NpgsqlConnection Open()
    {
        var connection = _source.OpenConnection();
        try
        {
            using var setup = new NpgsqlCommand(Setup, connection);
            setup.ExecuteNonQuery();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Statements that find nothing to show have no part in the results; queries have one each, in their order.</summary>
    private void ReadAnswers(NpgsqlBatch batch)
    {
        using var reader = batch.ExecuteReader();
        var queries = _calls.Where(call => call.IsQuery).GetEnumerator();
        do
        {
            if (reader.FieldCount > 0 && queries.MoveNext())
            {
                SetAnswer(queries.Current.Ticket, reader.Read() ? reader.GetInt64(0) : null);
            }
        }
        while (reader.NextResult());
    }
}
