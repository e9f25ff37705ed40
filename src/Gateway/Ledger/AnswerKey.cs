namespace Gateway.Ledger;

/// <summary>
/// What a call is found by where only its answer's id is known: the hour of the call in front, a hash of the id behind. Answers' ids are random, and an index over them
/// alone would touch another page of the database with each call; by the hour, neighbours in time are neighbours in the index. Who looks for an id asks hour by hour.
/// </summary>
internal static class AnswerKey
{
    /// <summary>How far back an answer is found by its id.</summary>
    public static readonly TimeSpan Reach = TimeSpan.FromDays(31);

    private const int HashBits = 40;

    public static long Of(string answerId, DateTimeOffset time) => (HourOf(time) << HashBits) | HashOf(answerId);

    /// <summary>The key in each hour, the newest first.</summary>
    public static IReadOnlyList<long> Candidates(string answerId, DateTimeOffset now)
    {
        var hash = HashOf(answerId);
        var newest = HourOf(now);
        return [.. Enumerable.Range(0, (int)Reach.TotalHours + 1).Select(back => ((newest - back) << HashBits) | hash)];
    }

    private static long HourOf(DateTimeOffset time) => time.ToUnixTimeSeconds() / 3600;

    /// <summary>FNV-1a, folded: quick, and no more than a hint, since the id itself is compared where a row is found.</summary>
    private static long HashOf(string answerId)
    {
        var hash = 14695981039346656037UL;
        foreach (var letter in answerId)
        {
            hash = unchecked((hash ^ letter) * 1099511628211UL);
        }

        return (long)((hash ^ (hash >> HashBits)) & ((1UL << HashBits) - 1));
    }
}
