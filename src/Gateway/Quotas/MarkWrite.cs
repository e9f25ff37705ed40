using Gateway.Storage;

namespace Gateway.Quotas;

/// <summary>Tells when all that was handed to the journal before it is durable, and in the tables.</summary>
internal sealed class MarkWrite : JournalWrite
{
    private readonly TaskCompletionSource _durable = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Durable => _durable.Task;

    public override void Write(JournalSession session) => session.Log?.MoveToTables(session);

    public override void Committed() => _durable.TrySetResult();
}
