namespace Gateway.Storage;

/// <summary>Makes a reservation durable under the epoch of the counters that admitted it.</summary>
/// <param name="row">The reservation.</param>
/// <param name="charges">What it takes from each limit; in the row as text.</param>
/// <param name="fence">Whose epoch must hold.</param>
/// <param name="asRow">Other processes must see it, or it must be on the disk at once: then it is a row even where the session has a log.</param>
internal sealed class ReservationWrite(ReservationRow row, IReadOnlyList<SpendCharge> charges, string fence, bool asRow) : JournalWrite
{
    private readonly TaskCompletionSource<ReservationResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inserted;
    private bool _isLogged;
    private bool _written;

    public override bool IsUrgent => true;

    public Task<ReservationResult> Result => _done.Task;

    public override void Write(JournalSession session)
    {
        if (!asRow && session.Log is { } log)
        {
            (_isLogged, _written) = (true, log.TryAdd(session, row, fence));
            return;
        }

        var insert = session.Statement(ReservationSql.InsertUnderEpoch);
        ReservationSql.Bind(insert, row);
        insert.Bind(17, fence);
        _inserted = insert.RunLater();
    }

    public override void Conclude(JournalSession session)
    {
        if (_isLogged)
        {
            return;
        }

        _written = session.Answer(_inserted) == 1;
        if (_written)
        {
            session.CountHeld(row.Tag, charges);
        }
    }

    public override void Committed() => _done.SetResult(_written ? ReservationResult.Durable : ReservationResult.Fenced);

    public override void Failed(Exception failure) => _done.SetResult(ReservationResult.Failed);
}
