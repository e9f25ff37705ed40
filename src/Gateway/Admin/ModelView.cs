using Gateway.Providers;

namespace Gateway.Admin;

/// <summary>A model of the settings as the admin API shows it.</summary>
public sealed record ModelView
{
    /// <summary>The name that callers ask for, or a pattern.</summary>
    public required string Name { get; init; }

    /// <summary>How one of its targets is chosen.</summary>
    public required string Balance { get; init; }

    /// <summary>Who serves it.</summary>
    public required IReadOnlyList<TargetView> Targets { get; init; }

    /// <summary>The models that take over.</summary>
    public required IReadOnlyList<string> Fallbacks { get; init; }

    /// <summary>The most tokens of one answer, where known.</summary>
    public required int? MaxOutputTokens { get; init; }

    /// <summary>What it costs; null where nobody knows.</summary>
    public required PriceView? Price { get; init; }

    internal static ModelView Of(ModelEntry entry)
    {
        var first = entry.Group.Targets[0];
        return new ModelView
        {
            Name = entry.Name,
            Balance = entry.Group.Balance switch
            {
                Providers.Balance.LeastInFlight => "least_in_flight",
                Providers.Balance.Affinity => "affinity",
                _ => "weight",
            },
            Targets = [.. entry.Group.Targets.Select(Of)],
            Fallbacks = entry.Fallbacks,
            MaxOutputTokens = first.MaxOutputTokens,
            Price = first.Price is { } price ? new PriceView(price.Input, price.CachedInput, price.Output) : null,
        };
    }

    private static TargetView Of(ModelTarget target)
    {
        var until = target.Health.CoolingUntil();
        return new TargetView(target.Provider.Name, target.UpstreamModel.Length > 0 ? target.UpstreamModel : null, target.Weight, until is null, until, target.Health.InFlight);
    }
}
