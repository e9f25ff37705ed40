namespace Gateway.Storage;

/// <summary>One thing to write, as part of a group that is one transaction. Its methods run on the journal's thread.</summary>
internal abstract class JournalWrite
{
    /// <summary>
    /// Whether somebody waits for it: an urgent write starts a commit at once, is tried a single time and is told how that went. Others gather
    /// a little longer and are tried until they are in.
    /// </summary>
    public virtual bool IsUrgent => false;

    /// <summary>
    /// Writes it. May run again after a failure, and must come to the same then; what it finds out counts only once <see cref="Committed"/> is called.
    /// Other processes may write at the same time: what is read must be read in the statement that acts on it, or locked.
    /// </summary>
    public abstract void Write(JournalSession session);

    /// <summary>In the same transaction, when the answers to what <see cref="Write"/> left for later are known: on PostgreSQL after one round trip for the whole group.</summary>
    public virtual void Conclude(JournalSession session)
    {
    }

    /// <summary>It is durable. Must return at once.</summary>
    public virtual void Committed()
    {
    }

    /// <summary>
    /// An urgent write's only try failed. Whether it is durable is unknown, since a commit may fail after it was made. Must return at once.
    /// </summary>
    public virtual void Failed(Exception failure)
    {
    }
}
