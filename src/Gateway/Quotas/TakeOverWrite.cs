using Gateway.Storage;

namespace Gateway.Quotas;

/// <summary>
/// Raises the epoch of the counters in a process. At a start, whatever was held on these files belongs to a process that is dead or shall
/// be: it is settled at what it reserved, and the ledger says so.
/// </summary>
/// <param name="fence">Whose epoch.</param>
/// <param name="from">The epoch that must still hold; null: any.</param>
/// <param name="start">When the process started; null: it runs on, and keeps what it holds.</param>
internal sealed class TakeOverWrite(string fence, long? from, DateTimeOffset? start) : JournalWrite
{
    private const string Create = "insert into quota_epochs (tag, epoch, building, build_deadline) values (?1, 0, 0, 0) on conflict (tag) do nothing";
    private const string Raise = "update quota_epochs set epoch = epoch + 1, building = 0 where tag = ?1 and (?2 is null or epoch = ?2)";
    private const string RaiseShared = "update quota_epochs set epoch = epoch + 1, building = 1, build_deadline = 0 where tag <> ?1";
    private const string Read = "select epoch from quota_epochs where tag = ?1";
    private const string Clean = "delete from reservations";

    private readonly TaskCompletionSource<long?> _epoch = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? _raised;

    public override bool IsUrgent => true;

    /// <summary>The new epoch; null where the one expected does not hold any more.</summary>
    public Task<long?> Epoch => _epoch.Task;

    public override void Write(JournalSession session)
    {
        Run(session, Create);
        var before = Find(session);
        var raise = session.Statement(Raise);
        raise.Bind(1, fence);
        raise.Bind(2, from);
        _raised = null;
        if (raise.Run() == 0)
        {
            return;
        }

        _raised = Find(session);
        session.Log?.TakeOver(session, before ?? 0, _raised ?? 0);
        if (start is { } now)
        {
            // Gateways that count in a Redis for the same calls: they can't write a reservation any more either, nor open counters anew.
            Run(session, RaiseShared);
            ExpiredRows.WriteAll(session, now);
            session.Statement(Clean).Run();
        }
    }

    public override void Committed() => _epoch.SetResult(_raised);

    public override void Failed(Exception failure) => _epoch.SetException(failure);

    private long? Find(JournalSession session)
    {
        var read = session.Statement(Read);
        read.Bind(1, fence);
        return read.Find();
    }

    private void Run(JournalSession session, string sql)
    {
        var statement = session.Statement(sql);
        statement.Bind(1, fence);
        statement.Run();
    }
}
