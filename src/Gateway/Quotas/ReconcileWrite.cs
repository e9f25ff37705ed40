using Gateway.Storage;

namespace Gateway.Quotas;

/// <summary>
/// What the ledger says of reservations whose lease ran out. One it holds becomes a row, spent as reserved. One it never got, because its
/// process died in between, is blocked so that it can't come late, and may be given back.
/// </summary>
internal sealed class ReconcileWrite(string tag, IReadOnlyList<string> reservations, DateTimeOffset now) : JournalWrite
{
    private const string Delete = "delete from reservations where id = ?1 and stage = 0 and exists (select 1 from requests where id = ?1)";

    // A call that was turned away because the counters or the ledger did not answer in time has a row, and yet nothing was counted for it: the
    // counters may have let it in all the same. The outcomes are the ledger's upstream_error and rejected.
    private const string Block =
        """
        insert into reservations (id, tag, epoch, stage, created, "time", endpoint, stream, input_tokens, output_tokens, requests, micro_dollars, charges)
        select ?1, ?2, 0, 1, ?3, ?3, '', 0, 0, 0, 0, 0, '' where not exists (
            select 1 from requests where id = ?1 and not (outcome in (3, 6) and coalesce(error_code, '') in ('quota_store_unavailable', 'store_unavailable')))
        on conflict (id) do nothing
        """;

    // Asked after the block was tried: where it lost to a reservation that came at the same moment there is no orphan.
    private const string IsBlocked = "select 1 from reservations where id = ?1 and stage = 1";

    private readonly TaskCompletionSource<IReadOnlyList<string>?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _orphans = [];
    private readonly List<int> _blocked = [];

    public override bool IsUrgent => true;

    /// <summary>Those the ledger never got; null where it can't be asked.</summary>
    public Task<IReadOnlyList<string>?> Done => _done.Task;

    public override void Write(JournalSession session)
    {
        _blocked.Clear();
        session.Log?.Block(reservations, now.ToUnixTimeMilliseconds());
        session.Log?.MoveToTables(session);
        foreach (var reservation in reservations)
        {
            // Whoever else is making a row of it is waited for before the block looks for that row: else it would see neither the row, which was
            // not yet there, nor the reservation, which is gone, and give back what is spent.
            ExpiredRows.Hold(session, reservation);
            // Then the block: a reservation that is not there now can't come between this and what follows.
            BlockId(session, reservation);
            ExpiredRows.WriteOne(session, reservation, now);
            var delete = session.Statement(Delete);
            delete.Bind(1, reservation);
            delete.RunLater();
            var find = session.Statement(IsBlocked);
            find.Bind(1, reservation);
            _blocked.Add(find.FindLater());
        }
    }

    public override void Conclude(JournalSession session)
    {
        _orphans.Clear();
        _orphans.AddRange(reservations.Where((_, i) => session.Answer(_blocked[i]) is not null));
    }

    public override void Committed() => _done.SetResult(_orphans);

    public override void Failed(Exception failure) => _done.SetResult(null);

    private void BlockId(JournalSession session, string reservation)
    {
        var block = session.Statement(Block);
        block.Bind(1, reservation);
        block.Bind(2, tag);
        block.Bind(3, now.ToUnixTimeMilliseconds());
        block.RunLater();
    }
}
