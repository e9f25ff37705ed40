namespace Gateway.Ledger;

/// <summary>
/// How many rows calls without a valid key may have: whoever finds the port could fill the disk with them. Those of a minute beyond the bound are counted in
/// metrics and nowhere else. Rows of callers that are known have no bound.
/// </summary>
internal sealed class StrangerRows(int perMinute, TimeProvider time)
{
    private long _minute;
    private int _rows;

    /// <summary>Whether one more may be written.</summary>
    /// <param name="isFirstLeftOut">Whether it is the minute's first that may not.</param>
    public bool TryTake(out bool isFirstLeftOut)
    {
        var minute = time.GetUtcNow().Ticks / TimeSpan.TicksPerMinute;
        var known = Volatile.Read(ref _minute);
        // A few that come in the moment of the turn may count for either minute.
        if (minute != known && Interlocked.CompareExchange(ref _minute, minute, known) == known)
        {
            Volatile.Write(ref _rows, 0);
        }

        var row = Interlocked.Increment(ref _rows);
        isFirstLeftOut = row == perMinute + 1;
        return row <= perMinute;
    }
}
