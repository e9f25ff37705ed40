using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

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

    private static long HashOf(string answerId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> utf8 = stackalloc byte[OpenAi.AnswerId.MaxLength];
        SHA256.HashData(Encoding.ASCII.TryGetBytes(answerId, utf8, out var length) ? utf8[..length] : Encoding.UTF8.GetBytes(answerId), hash);
        return (long)(BinaryPrimitives.ReadUInt64LittleEndian(hash) & ((1UL << HashBits) - 1));
    }
}
