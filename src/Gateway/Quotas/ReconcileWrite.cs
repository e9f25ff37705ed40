using Gateway.Storage;

namespace Gateway.Quotas;

/// <summary>
/// What the ledger says of reservations whose lease ran out. One it holds becomes a row, spent as reserved. One it never got, because its
/// process died in between, is blocked so that it can't come late, and may be given back.
/// </summary>
internal sealed class ReconcileWrite(string tag, IReadOnlyList<string> reservations, DateTimeOffset now) : JournalWrite
{
    private const string Delete = "delete from reservations where id = ?1 and stage = 0";
    private const string InReservations = "select 1 from reservations where id = ?1 and stage <> 1";
    private const string InLedger = "select 1 from requests where id = ?1";

    private const string Block =
        """
        insert into reservations (id, tag, epoch, stage, created, time, endpoint, stream, input_tokens, output_tokens, requests, micro_dollars, charges)
        values (?1, ?2, 0, 1, ?3, ?3, '', 0, 0, 0, 0, 0, '') on conflict (id) do nothing
        """;

    private readonly TaskCompletionSource<IReadOnlyList<string>?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _orphans = [];

    public override bool IsUrgent => true;

    /// <summary>Those the ledger never got; null where it can't be asked.</summary>
    public Task<IReadOnlyList<string>?> Done => _done.Task;

    public override void Write(JournalSession session)
    {
        _orphans.Clear();
        foreach (var reservation in reservations)
        {
            if (ExpiredRows.WriteOne(session, reservation, now))
            {
                var delete = session.Statement(Delete);
                delete.Bind(1, reservation);
                delete.Run();
            }
            else if (!Finds(session, InReservations, reservation) && !Finds(session, InLedger, reservation))
            {
                _orphans.Add(reservation);
                BlockId(session, reservation);
            }
        }
    }

    public override void Committed() => _done.SetResult(_orphans);

    public override void Failed(Exception failure) => _done.SetResult(null);

    private void BlockId(JournalSession session, string reservation)
    {
        var block = session.Statement(Block);
        block.Bind(1, reservation);
        block.Bind(2, tag);
        block.Bind(3, now.ToUnixTimeMilliseconds());
        block.Run();
    }

    private static bool Finds(JournalSession session, string sql, string reservation)
    {
        var find = session.Statement(sql);
        find.Bind(1, reservation);
        return find.Find() is not null;
    }
}
