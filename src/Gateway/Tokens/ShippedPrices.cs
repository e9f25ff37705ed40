using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Gateway.Tokens;

/// <summary>
/// Prices by the names that providers give their models. A wrong price is worse than none, since without one a budget in dollars refuses: so a name
/// is taken as it is, with its maker's name in front, or without the date behind, and never guessed by how it begins.
/// </summary>
internal sealed partial class ShippedPrices
{
    /// <summary>Longer than any name in the table; what callers send may be as long as a body.</summary>
    private const int LongestName = 256;

    /// <summary>The one provider that lists its models with a prefix of its own, <c>models/</c>.</summary>
    private const string Google = "google";

    private readonly FrozenDictionary<string, Price> _byName;
    private readonly FrozenDictionary<string, int> _contexts;
    private readonly FrozenSet<string> _pricedByDate;

    private ShippedPrices(IEnumerable<ShippedPrice> entries)
    {
        var byName = new Dictionary<string, Price>(StringComparer.OrdinalIgnoreCase);
        var contexts = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in entries)
        {
            foreach (var name in entry.Names.SelectMany(name => NamesOf(entry, name)))
            {
                byName[name] = entry.Price;
                if (entry.Context is { } context)
                {
                    contexts[name] = context;
                }
            }
        }

        _byName = byName.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        _contexts = contexts.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
        _pricedByDate = byName
            .Where(pair => WithoutDate(pair.Key) is { } undated && byName.TryGetValue(undated, out var price) && price != pair.Value)
            .Select(pair => WithoutDate(pair.Key) ?? "")
            .ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The table as it holds on a day; announced prices begin on theirs.</summary>
    /// <param name="day">The day, in UTC.</param>
    /// <param name="own">The operator's table, which wins; null where there is none.</param>
    public static ShippedPrices On(DateOnly day, ShippedPriceFile? own) => new([.. Holding(ShippedPriceFile.Read(), day), .. own is null ? [] : Holding(own, day)]);

    private static IEnumerable<ShippedPrice> Holding(ShippedPriceFile file, DateOnly day) =>
        file.Prices.Where(entry => entry.From is not { } from || from <= day).OrderBy(entry => entry.From ?? DateOnly.MinValue);

    /// <summary>
    /// The price of a provider's model; null where the table does not know it. A date that isn't listed costs what the name without it does,
    /// unless that model's dates are known to differ (gpt-4o's first cost twice as much).
    /// </summary>
    public Price? Find(string model)
    {
        if (model.Length > LongestName)
        {
            return null;
        }

        return _byName.TryGetValue(model, out var price) ? price
            : WithoutDate(model) is { } undated && !_pricedByDate.Contains(undated) ? _byName.GetValueOrDefault(undated)
            : null;
    }

    /// <summary>The most tokens that a call of a provider's model may have, prompt and answer together; null where the table does not know. Dates behind a name change nothing of it.</summary>
    public int? FindContext(string model) =>
        model.Length > LongestName ? null
        : _contexts.TryGetValue(model, out var context) || (WithoutDate(model) is { } undated && _contexts.TryGetValue(undated, out context)) ? context
        : null;

    private static IEnumerable<string> NamesOf(ShippedPrice entry, string name)
    {
        yield return name;
        if (entry.Provider is { } provider)
        {
            yield return $"{provider}/{name}";
        }

        if (entry.Provider == Google)
        {
            yield return $"models/{name}";
        }
    }

    private static string? WithoutDate(string name) => Dated().Match(name) is { Success: true } match ? name[..match.Index] : null;

    [GeneratedRegex(@"[-@]20[0-9]{2}-?[0-9]{2}-?[0-9]{2}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Dated();
}
