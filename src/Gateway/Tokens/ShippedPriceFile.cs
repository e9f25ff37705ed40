using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Tokens;

/// <summary>
/// The file <c>prices.json</c>: public list prices as data. Where a model has several prices for a unit, such as text and image tokens or sizes of
/// images, the entry holds the dearest, so that a budget in dollars is not overspent. Models that only audio tokens' own price would price are left out.
/// </summary>
internal sealed partial record ShippedPriceFile(IReadOnlyDictionary<string, string> Sources, IReadOnlyList<ShippedPrice> Prices)
{
    private const string Resource = "Gateway.Tokens.prices.json";

    public static ShippedPriceFile Read()
    {
        using var stream = typeof(ShippedPriceFile).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {Resource}.");
        return JsonSerializer.Deserialize(stream, FileJson.Default.ShippedPriceFile) ?? throw new InvalidOperationException($"{Resource} is empty.");
    }

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true)]
    [JsonSerializable(typeof(ShippedPriceFile))]
    private sealed partial class FileJson : JsonSerializerContext;
}
