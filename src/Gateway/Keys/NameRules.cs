using System.Diagnostics.CodeAnalysis;

namespace Gateway.Keys;

/// <summary>What may stand in the names of keys, teams and models that an admin types.</summary>
internal static class NameRules
{
    public const int MaxName = 200;
    public const int MaxModels = 1_000;
    public const int MaxModelName = 256;

    public static bool IsName([NotNullWhen(true)] string? text) => IsText(text, MaxName) && !string.IsNullOrWhiteSpace(text);

    public static bool IsModelName([NotNullWhen(true)] string? text) => IsText(text, MaxModelName);

    public static bool IsText([NotNullWhen(true)] string? text, int maxLength) => text is { Length: > 0 } && text.Length <= maxLength && !text.Any(char.IsControl);
}
