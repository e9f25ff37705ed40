namespace Gateway.Quotas;

/// <summary>The calendar window around an instant and the one after it, in Unix milliseconds; starts belong to a window, ends don't.</summary>
internal sealed record CalendarSpans(long Start, long End, long NextStart, long NextEnd)
{
    /// <summary>As quota.lua parses it.</summary>
    public string ScriptText { get; } = $"{Start}:{End}:{NextStart}:{NextEnd}";

    public bool Contains(long unixMilliseconds) => Start <= unixMilliseconds && unixMilliseconds < End;
}
