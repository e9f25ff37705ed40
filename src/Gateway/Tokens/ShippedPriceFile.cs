using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Tokens;

/// <summary>
/// The file <c>prices.json</c>: public list prices as data. Where a model has several prices for a unit, such as text and image tokens or sizes of
/// images, the entry holds the dearest, so that a budget in dollars is not overspent. Models that only audio tokens' own price would price are left out.
/// An operator's own file of this form goes before it.
/// </summary>
internal sealed partial record ShippedPriceFile
{
    private const string Resource = "Gateway.Tokens.prices.json";

    /// <summary>What the marks of entries' sources mean.</summary>
    public IReadOnlyDictionary<string, string> Sources { get; init; } = new Dictionary<string, string>();

    public required IReadOnlyList<ShippedPrice> Prices { get; init; }

    public static ShippedPriceFile Read()
    {
        using var stream = typeof(ShippedPriceFile).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {Resource}.");
        return JsonSerializer.Deserialize(stream, FileJson.Default.ShippedPriceFile) ?? throw new InvalidOperationException($"{Resource} is empty.");
    }

    /// <summary>An operator's own.</summary>
    /// <exception cref="InvalidDataException">It can't be read or is no price table; the message says why and where.</exception>
    public static ShippedPriceFile Read(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var file = JsonSerializer.Deserialize(stream, FileJson.Default.ShippedPriceFile) ?? throw new InvalidDataException("it is empty");
            return file.Prices.FirstOrDefault(entry => !IsUsable(entry)) is { } wrong
                ? throw new InvalidDataException($"the entry of '{string.Join(", ", wrong.Names)}' has no name or a price that is not between 0 and {Price.Dearest:N0}")
                : file;
        }
        catch (JsonException notOne)
        {
            throw new InvalidDataException($"line {notOne.LineNumber + 1}, {notOne.Path}: not of the form of the shipped prices.json", notOne);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new InvalidDataException(unreadable.Message, unreadable);
        }
    }

    private static bool IsUsable(ShippedPrice entry) =>
        entry.Names.Count > 0 && !entry.Names.Any(string.IsNullOrWhiteSpace) && IsWithinBounds(entry.Price) && (entry.Price.Above is not { } above || IsWithinBounds(above));

    private static bool IsWithinBounds(object price) => Validator.TryValidateObject(price, new ValidationContext(price), null, validateAllProperties: true);

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true)]
    [JsonSerializable(typeof(ShippedPriceFile))]
    private sealed partial class FileJson : JsonSerializerContext;
}
