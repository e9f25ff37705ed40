using System.Buffers;
using System.Security.Cryptography;

namespace Gateway.Keys;

/// <summary>A key's secret: <c>sk-gw-</c> and letters and digits. The prefix lets secret scanners and people recognise one.</summary>
internal static class KeySecret
{
    public const string Prefix = "sk-gw-";

    /// <summary>The longest text that is looked up at all, in characters: anything longer was not made here.</summary>
    public const int MaxLength = 134;

    private const int MinLength = 38;

    /// <summary>43 of 62 characters are just over 256 bits.</summary>
    private const int RandomLength = 43;

    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly SearchValues<char> Allowed = SearchValues.Create(Alphabet);

    public static string Create() => Prefix + RandomNumberGenerator.GetString(Alphabet, RandomLength);

    /// <summary>Whether this could be a key at all. What could not is refused before any store is asked.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> presented) =>
        presented.Length is >= MinLength and <= MaxLength
        && presented.StartsWith(Prefix, StringComparison.Ordinal)
        && !presented[Prefix.Length..].ContainsAnyExcept(Allowed);
}
