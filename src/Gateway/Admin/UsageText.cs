using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Gateway.Ledger;

namespace Gateway.Admin;

/// <summary>Usage in words: the names of its groups and of places in its list.</summary>
internal static class UsageText
{
    public const decimal MicrosPerDollar = 1_000_000;

    public static string Name(UsageGrouping group) => JsonNamingPolicy.SnakeCaseLower.ConvertName(group.ToString());

    /// <summary>The column beside a group of ids that says what they are called; null for other groups.</summary>
    public static string? NameColumn(UsageGrouping group) => group is UsageGrouping.Key or UsageGrouping.Team ? Name(group) + "_name" : null;

    /// <summary>A row's place in the list: its groups, which no other row has.</summary>
    public static string Place(IReadOnlyList<string> groups) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes([.. groups], AdminJson.Default.StringArray));

    public static string[]? ReadPlace(string text)
    {
        try
        {
            var values = JsonSerializer.Deserialize(Base64Url.DecodeFromChars(text), AdminJson.Default.StringArray);
            return values?.Contains(null) == false ? values : null;
        }
        catch (Exception failure) when (failure is FormatException or JsonException or DecoderFallbackException)
        {
            return null;
        }
    }
}
