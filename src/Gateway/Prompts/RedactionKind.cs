namespace Gateway.Prompts;

/// <summary>What the gateway itself knows to find, by the names that settings use.</summary>
internal static class RedactionKind
{
    public const string Email = "email";
    public const string Phone = "phone";
    public const string Card = "card";
    public const string Iban = "iban";
    public const string Secret = "secret";

    /// <summary>For settings alone: nothing is taken out. An empty list can't say so, since it looks like no list at all.</summary>
    public const string None = "none";

    public static readonly IReadOnlyList<string> All = [Email, Phone, Card, Iban, Secret];
}
