using Gateway.Storage;

namespace Gateway.Quotas;

/// <summary>Writes nothing, and tells when all that was handed to the journal before it is durable.</summary>
internal sealed class MarkWrite : JournalWrite
{
    private readonly TaskCompletionSource _durable = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Durable => _durable.Task;

    public override void Write(JournalSession session)
    {
    }

    public override void Committed() => _durable.TrySetResult();
}
