namespace Gateway.Storage;

/// <summary>What the <see cref="ReservationLog"/> knows of an id.</summary>
/// <param name="row">The reservation; null: the id is blocked.</param>
/// <param name="file">Where its line is, or is about to be.</param>
/// <param name="created">When, in Unix milliseconds.</param>
internal sealed class HeldLine(ReservationRow? row, ReservationFile? file, long created)
{
    public ReservationRow? Row => row;

    public long Created => created;

    public bool IsIn(ReservationFile other) => file == other;

    /// <summary>The file is not needed for it any more.</summary>
    public void Leave() => file?.Leave();
}
