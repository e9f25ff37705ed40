namespace Gateway.Storage;

/// <summary>Makes a reservation durable under the epoch of the counters that admitted it.</summary>
/// <param name="row">The reservation.</param>
/// <param name="charges">What it takes from each limit; in the row as text.</param>
/// <param name="fence">Whose epoch must hold.</param>
internal sealed class ReservationWrite(ReservationRow row, IReadOnlyList<SpendCharge> charges, string fence) : JournalWrite
{
    // The epoch's row is locked until the commit: who raises it waits for this, and so misses no reservation of the epoch before.
    private const string Insert =
        """
        insert into reservations (id, tag, epoch, stage, created, "time", key_id, team_id, "user", endpoint, model, stream,
            input_tokens, output_tokens, requests, micro_dollars, charges)
        select ?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16
        from quota_epochs where tag = ?17 and epoch = ?3 and building = 0 for share
        on conflict (id) do nothing
        """;

    private readonly TaskCompletionSource<ReservationResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inserted;
    private bool _written;

    public override bool IsUrgent => true;

    public Task<ReservationResult> Result => _done.Task;

    public override void Write(JournalSession session)
    {
        var insert = session.Statement(Insert);
        insert.Bind(1, row.Id);
        insert.Bind(2, row.Tag);
        insert.Bind(3, row.Epoch);
        insert.Bind(4, row.Created);
        insert.Bind(5, row.Time);
        insert.Bind(6, row.KeyId);
        insert.Bind(7, row.TeamId);
        insert.Bind(8, row.User);
        insert.Bind(9, row.Endpoint);
        insert.Bind(10, row.Model);
        insert.Bind(11, row.Stream ? 1 : 0);
        insert.Bind(12, row.InputTokens);
        insert.Bind(13, row.OutputTokens);
        insert.Bind(14, row.Requests);
        insert.Bind(15, row.MicroDollars);
        insert.BindWhole(16, row.Charges);
        insert.Bind(17, fence);
        _inserted = insert.RunLater();
    }

    public override void Conclude(JournalSession session)
    {
        _written = session.Answer(_inserted) == 1;
        if (!_written)
        {
            return;
        }

        foreach (var charge in charges)
        {
            session.Count(row.Tag, charge, charge.Per == 0 ? 0 : charge.Amount);
        }
    }

    public override void Committed() => _done.SetResult(_written ? ReservationResult.Durable : ReservationResult.Fenced);

    public override void Failed(Exception failure) => _done.SetResult(ReservationResult.Failed);
}
