using System.Collections.Concurrent;
using System.Security.Cryptography;
using Gateway.Storage;

namespace Gateway.Keys;

/// <summary>
/// Lets the console's playground call the API as a key whose secret nobody has: a ticket stands for that key, for one call within a minute.
/// It lives in this process and goes nowhere but to its own port.
/// </summary>
internal sealed class KeyTickets(TimeProvider time)
{
    private const string Prefix = "gw-ticket-";
    private const int RandomBytes = 32;

    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, (KeyId Key, DateTimeOffset End)> _open = new(StringComparer.Ordinal);

    public static bool IsTicket(string presented) => presented.StartsWith(Prefix, StringComparison.Ordinal);

    public string Issue(KeyId key)
    {
        var now = time.GetUtcNow();
        foreach (var (old, entry) in _open)
        {
            if (entry.End <= now)
            {
                _open.TryRemove(old, out _);
            }
        }

        var ticket = Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));
        _open[ticket] = (key, now + Life);
        return ticket;
    }

    /// <summary>The key it stands for; null where it is no ticket, was used before or came too late.</summary>
    public KeyId? Redeem(string presented) => _open.TryRemove(presented, out var entry) && entry.End > time.GetUtcNow() ? entry.Key : null;
}
