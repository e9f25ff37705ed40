using Gateway.Storage;

namespace Gateway.Prompts;

/// <summary>
/// Where prompts and answers lie: apart from figures, in a partition for each day, by the call's arrival in UTC. The one seam between the prompt log and a database.
/// Failures come as the database's own exceptions.
/// </summary>
internal abstract class PromptStore
{
    /// <summary>Writes records of one day as one transaction; the partition is made where it is missing, and a record that is there already stays as it is. Called by one thread.</summary>
    public abstract void Write(DateOnly day, IReadOnlyList<PromptRow> rows);

    /// <summary>The records of these calls, as far as there are any.</summary>
    public abstract Task<IReadOnlyDictionary<RequestId, PromptRow>> FindAsync(IReadOnlyCollection<(RequestId Id, DateTimeOffset Time)> calls, CancellationToken cancel);

    /// <summary>Erases content for good, from the disk too. The records stay and say that it was erased.</summary>
    /// <returns>How many were erased.</returns>
    public abstract Task<int> EraseAsync(PromptErasure erasure, CancellationToken cancel);

    /// <summary>Drops the partitions of all days before this one, whole: their room on the disk is free when this returns.</summary>
    /// <returns>How many were dropped.</returns>
    public abstract Task<int> DropBeforeAsync(DateOnly day, CancellationToken cancel);
}
