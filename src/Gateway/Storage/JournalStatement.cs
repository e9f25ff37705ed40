namespace Gateway.Storage;

/// <summary>A prepared statement of the journal, bound and run again and again. Every parameter is bound before each run.</summary>
internal abstract class JournalStatement : IDisposable
{
    /// <summary>The longest text of a column that callers fill, in characters: one may send a name as long as a body.</summary>
    public const int MaxText = 256;

    public abstract void Bind(int index, long? value);

    /// <summary>For text that callers send. What a database would refuse is replaced, what is too long is cut: it would fail its group again and again.</summary>
    public void Bind(int index, string? text) => BindText(index, text is null ? null : SafeText.Cut(SafeText.Of(text), MaxText));

    /// <summary>For text of our own making, whose length is bounded where it is made.</summary>
    public void BindWhole(int index, string? text) => BindText(index, text is null ? null : SafeText.Of(text));

    /// <summary>Runs it now, after all that was to be run later: on PostgreSQL a round trip, so not for what every call does.</summary>
    /// <returns>How many rows were written.</returns>
    public abstract int Run();

    /// <summary>Runs it now. The first column of the first row that the query finds, which must be a number; null where it finds none.</summary>
    public abstract long? Find();

    /// <summary>Runs it in its place among the group's statements, at the latest before <see cref="JournalWrite.Conclude"/>.</summary>
    /// <returns>The ticket for <see cref="JournalSession.Answer"/>: how many rows were written.</returns>
    public abstract int RunLater();

    /// <summary>The same for a query.</summary>
    /// <returns>The ticket for <see cref="JournalSession.Answer"/>: what was found.</returns>
    public abstract int FindLater();

    public abstract void Dispose();

    protected abstract void BindText(int index, string? text);
}
