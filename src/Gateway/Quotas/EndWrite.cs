using Gateway.Storage;

namespace Gateway.Quotas;

/// <summary>Ends a reservation whose call never started, so that no row of a call carries it. Tried until it is in.</summary>
internal sealed class EndWrite(Settlement settlement) : JournalWrite
{
    public override void Write(JournalSession session) => settlement.End(session);

    public override void Conclude(JournalSession session) => settlement.Count(session, settlement.WasHeld(session));

    public override void Committed() => settlement.Committed();
}
