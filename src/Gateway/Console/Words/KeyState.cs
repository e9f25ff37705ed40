using Gateway.Keys;
using MudBlazor;

namespace Gateway.Console.Words;

/// <summary>Whether a key works, as a word with a colour and a sign.</summary>
/// <param name="Word">The word.</param>
/// <param name="Tone">The colour.</param>
/// <param name="Icon">The sign.</param>
internal sealed record KeyState(string Word, string Tone, string Icon)
{
    public static KeyState Of(KeyRecord key, DateTimeOffset now) =>
        key.RevokedAt is not null ? new("Revoked", "calm", Icons.Material.Outlined.Close)
        : key.Spec.ExpiresAt <= now ? new("Expired", "warn", Icons.Material.Outlined.TimerOff)
        : new("Active", "good", Icons.Material.Outlined.Check);
}
