using Gateway.Storage;

namespace Gateway.Quotas;

/// <summary>
/// Moves the epoch of shared counters, if it is still the one expected: to a new one whose rebuild begins, or from that into force, or leaves
/// its rebuild to others.
/// </summary>
/// <param name="tag">Whose counters.</param>
/// <param name="from">The epoch that must hold; 0 where there is none yet.</param>
/// <param name="to">The epoch to hold.</param>
/// <param name="building">Whether it is still being rebuilt.</param>
/// <param name="deadline">Until when others leave that to this process, Unix milliseconds.</param>
internal sealed class EpochWrite(string tag, long from, long to, bool building, long deadline) : JournalWrite
{
    private const string Create =
        """
        insert into quota_epochs (tag, epoch, building, build_deadline)
        select ?1, 0, 1, 0 from quota_epochs where tag = '*' and building = 1 for share on conflict (tag) do nothing
        """;

    // Not once a process counts in itself on this database: it has taken all over.
    private const string Move =
        """
        update quota_epochs set epoch = ?3, building = ?4, build_deadline = ?5
        where tag = ?1 and epoch = ?2 and exists (select 1 from quota_epochs where tag = '*' and building = 1 for share)
        """;

    private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _move;
    private bool _moved;

    public override bool IsUrgent => true;

    /// <summary>False: another process was first, or the database is away.</summary>
    public Task<bool> Done => _done.Task;

    public override void Write(JournalSession session)
    {
        var create = session.Statement(Create);
        create.Bind(1, tag);
        create.RunLater();
        var move = session.Statement(Move);
        move.Bind(1, tag);
        move.Bind(2, from);
        move.Bind(3, to);
        move.Bind(4, building ? 1 : 0);
        move.Bind(5, deadline);
        _move = move.RunLater();
    }

    public override void Conclude(JournalSession session) => _moved = session.Answer(_move) == 1;

    public override void Committed() => _done.SetResult(_moved);

    public override void Failed(Exception failure) => _done.SetResult(false);
}
