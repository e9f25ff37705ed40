using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Console.Playground;

/// <summary>The models that can be chatted with, the built-in one first.</summary>
internal sealed class PlaygroundModels(ModelListing listing, Routing routing)
{
    public IReadOnlyList<string> All => [.. Speaking(ApiEndpoint.ChatCompletions).OrderByDescending(id => id == ModelCatalog.EchoModel)];

    /// <summary>Those that make text of audio. A provider's form says nothing of a single model, so those with a name for it come first.</summary>
    public IReadOnlyList<string> Hearing =>
        [.. Speaking(ApiEndpoint.AudioTranscriptions).OrderByDescending(id => id.Contains("whisper", StringComparison.OrdinalIgnoreCase) || id.Contains("transcribe", StringComparison.OrdinalIgnoreCase))];

    /// <summary>A model for a first call with a key that may use these: the built-in one if it may, since that answers without a provider.</summary>
    public string FirstFor(IReadOnlyList<string>? patterns) => All.FirstOrDefault(model => Holds(patterns, model)) ?? patterns?[0] ?? ModelCatalog.EchoModel;

    public static bool MayUse(KeyRecord? key, TeamRecord? team, string model) => Holds(key?.Spec.Models, model) && Holds(team?.Spec.Models, model);

    private IEnumerable<string> Speaking(ApiEndpoint endpoint) => listing.Models.Select(model => model.Id).Where(id => routing.Current.Resolve(id, endpoint).TryGet(out _, out _));

    private static bool Holds(IReadOnlyList<string>? patterns, string model) => patterns is null || patterns.Any(pattern => NamePattern.Matches(pattern, model));
}
