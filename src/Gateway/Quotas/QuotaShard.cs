using Gateway.Storage;

namespace Gateway.Quotas;

/// <summary>
/// The counters that one request's limits share, as of one rebuild: those of a team and its keys, or of a key without a
/// team. All of them live in one place (one Redis slot, one lock), which is what makes one atomic step over them possible.
/// </summary>
/// <param name="Tag">The team's id, or the key's.</param>
/// <param name="Epoch">Which rebuild's counters are meant; others refuse.</param>
internal readonly record struct QuotaShard(string Tag, long Epoch)
{
    public static string TagOf(KeyId key, string? teamId) => teamId ?? key.Value;
}
