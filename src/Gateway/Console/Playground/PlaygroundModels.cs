using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Console.Playground;

/// <summary>The models that can be chatted with, the built-in one first.</summary>
internal sealed class PlaygroundModels(ModelListing listing, Routing routing)
{
    public IReadOnlyList<string> All =>
    [
        .. listing.Models.Select(model => model.Id)
            .Where(id => routing.Current.Resolve(id, ApiEndpoint.ChatCompletions).TryGet(out _, out _))
            .OrderByDescending(id => id == ModelCatalog.EchoModel),
    ];

    /// <summary>A model for a first call with a key that may use these: the built-in one if it may, since that answers without a provider.</summary>
    public string FirstFor(IReadOnlyList<string>? patterns) => All.FirstOrDefault(model => Holds(patterns, model)) ?? patterns?[0] ?? ModelCatalog.EchoModel;

    public static bool MayUse(KeyRecord? key, TeamRecord? team, string model) => Holds(key?.Spec.Models, model) && Holds(team?.Spec.Models, model);

    private static bool Holds(IReadOnlyList<string>? patterns, string model) => patterns is null || patterns.Any(pattern => NamePattern.Matches(pattern, model));
}
