using Gateway.Storage;

namespace Gateway.Quotas;

/// <summary>
/// Says that counters are shared, outside of any process. One that counted in itself on the same database can write no reservation any more; one
/// that starts so later takes the word back, and then who shares opens no counters. Whoever starts last decides.
/// </summary>
internal sealed class ShareWrite : JournalWrite
{
    private const string Share =
        """
        insert into quota_epochs (tag, epoch, building, build_deadline) values (?1, 1, 1, 0)
        on conflict (tag) do update set epoch = quota_epochs.epoch + 1, building = 1 where quota_epochs.building = 0
        """;

    private const string Read = "select epoch from quota_epochs where tag = ?1 and building = 0";

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override bool IsUrgent => true;

    /// <summary>Fails where the database does.</summary>
    public Task Done => _done.Task;

    public override void Write(JournalSession session)
    {
        // Of a process that counted in itself, and left calls behind.
        if (session.Log is { } log && Find(session) is { } alone)
        {
            log.TakeOver(session, alone, alone + 1);
        }

        var share = session.Statement(Share);
        share.Bind(1, ProcessShards.Fence);
        share.RunLater();
    }

    private static long? Find(JournalSession session)
    {
        var read = session.Statement(Read);
        read.Bind(1, ProcessShards.Fence);
        return read.Find();
    }

    public override void Committed() => _done.SetResult();

    public override void Failed(Exception failure) => _done.SetException(failure);
}
