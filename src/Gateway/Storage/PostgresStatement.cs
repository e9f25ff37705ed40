using Npgsql;
using NpgsqlTypes;

namespace Gateway.Storage;

/// <summary>A statement of the journal on PostgreSQL; the driver prepares it when it comes a second time. Its commands are used again and again.</summary>
internal sealed class PostgresStatement(PostgresSession session, string sql) : JournalStatement
{
    private readonly Stack<NpgsqlBatchCommand> _free = [];
    private NpgsqlBatchCommand? _current;

    public override void Bind(int index, long? value) => Set(index, NpgsqlDbType.Bigint, value);

    public override int Run()
    {
        var ticket = RunLater();
        session.Flush();
        return (int)(session.Answer(ticket) ?? throw new InvalidOperationException("A statement that was run has its answer."));
    }

    public override long? Find()
    {
        var ticket = FindLater();
        session.Flush();
        return session.Answer(ticket);
    }

    public override int RunLater() => Add(isQuery: false);

    public override int FindLater() => Add(isQuery: true);

    public void TakeBack(NpgsqlBatchCommand command) => _free.Push(command);

    public override void Dispose()
    {
    }

    protected override void BindText(int index, string? text) => Set(index, NpgsqlDbType.Text, text);

    private int Add(bool isQuery)
    {
        var command = Current();
        _current = null;
        return session.Add(new PostgresCall(this, command, isQuery, 0));
    }

    private void Set(int index, NpgsqlDbType type, object? value)
    {
        var parameters = Current().Parameters;
        while (parameters.Count < index)
        {
            parameters.Add(new NpgsqlParameter());
        }

        var parameter = parameters[index - 1];
        parameter.NpgsqlDbType = type;
        parameter.Value = value ?? DBNull.Value;
    }

    private NpgsqlBatchCommand Current() => _current ??= _free.TryPop(out var free) ? free : new NpgsqlBatchCommand(sql);
}
