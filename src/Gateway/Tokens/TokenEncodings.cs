using System.Diagnostics.CodeAnalysis;

namespace Gateway.Tokens;

/// <summary>Every encoding that can be asked for: those of SharpToken 2.0.6, and <c>gpt2</c>, whose ranks and pattern are r50k_base's.</summary>
internal static class TokenEncodings
{
    public static readonly TokenEncoding Gpt2 = new("gpt2", "r50k_base");
    public static readonly TokenEncoding R50kBase = new("r50k_base", "r50k_base");
    public static readonly TokenEncoding P50kBase = new("p50k_base", "p50k_base");
    public static readonly TokenEncoding P50kEdit = new("p50k_edit", "p50k_base");
    public static readonly TokenEncoding Cl100kBase = new("cl100k_base", "cl100k_base");
    public static readonly TokenEncoding O200kBase = new("o200k_base", "o200k_base");
    public static readonly TokenEncoding O200kHarmony = new("o200k_harmony", "o200k_base");
    public static readonly TokenEncoding Claude = new("claude", "claude");

    public static readonly IReadOnlyList<TokenEncoding> All =
        [Gpt2, R50kBase, P50kBase, P50kEdit, Cl100kBase, O200kBase, O200kHarmony, Claude];

    public static bool TryFind(string name, [NotNullWhen(true)] out TokenEncoding? encoding)
    {
        encoding = All.FirstOrDefault(known => known.Name == name);
        return encoding is not null;
    }
}
