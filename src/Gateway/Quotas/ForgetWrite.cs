using Gateway.Storage;

namespace Gateway.Quotas;

/// <summary>Takes the row of a settled reservation away once the counters have heard of it.</summary>
internal sealed class ForgetWrite(string reservation) : JournalWrite
{
    private const string Delete = "delete from reservations where id = ?1 and stage = 2";

    public override void Write(JournalSession session)
    {
        var delete = session.Statement(Delete);
        delete.Bind(1, reservation);
        delete.RunLater();
    }
}
