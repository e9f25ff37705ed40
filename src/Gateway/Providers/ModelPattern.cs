using Gateway.Tokens;

namespace Gateway.Providers;

/// <summary>A model name with <c>*</c> in it and where the names it matches go.</summary>
/// <param name="Name">The pattern.</param>
/// <param name="Route">Its ways. A target without an upstream model gets the asked name.</param>
internal sealed record ModelPattern(string Name, ModelRoute Route)
{
    private readonly bool _passesName = Route.Targets.Any(PassesName);

    /// <summary>Whether asked names are passed on to this provider.</summary>
    public bool PassesNamesTo(Provider provider) => Route.Targets.Any(target => PassesName(target) && target.Provider == provider);

    /// <summary>The ways of a name that the pattern matches.</summary>
    public ModelRoute For(string asked, ShippedPrices prices)
    {
        if (!_passesName)
        {
            return Route;
        }

        return Route.IsSingle
            ? new ModelRoute(Fill(Route.First, asked, prices))
            : ModelRoute.Of(Route.Groups.Select(group => Fill(group, asked, prices))) ?? throw new InvalidOperationException("A pattern without targets.");
    }

    public static TargetGroup Fill(TargetGroup group, string asked, ShippedPrices prices) =>
        group.With([.. group.Targets.Select(target => PassesName(target) ? Fill(target, asked, prices) : target)]);

    private static ModelTarget Fill(ModelTarget target, string asked, ShippedPrices prices) =>
        target with { UpstreamModel = asked, Price = target.Price ?? prices.Find(asked) };

    private static bool PassesName(ModelTarget target) => target.UpstreamModel.Length == 0;
}
