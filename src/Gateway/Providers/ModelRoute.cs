using Gateway.OpenAi;

namespace Gateway.Providers;

/// <summary>
/// Every way that a call for a model may take: the model's own targets first, then those of its fallbacks, in their order. Most models have one
/// target; their calls have no choice to make, so nothing of a choice is paid for.
/// </summary>
internal sealed class ModelRoute
{
    /// <summary>Places are bits of one number.</summary>
    public const int MostTargets = 64;

    private readonly ModelTarget[] _targets;

    public ModelRoute(ModelTarget only)
    {
        _targets = [only];
        Groups = [];
    }

    private ModelRoute(TargetGroup[] groups, ModelTarget[] targets)
    {
        Groups = groups;
        _targets = targets;
    }

    /// <summary>The model's targets, then those of each fallback; empty where there is one target.</summary>
    public IReadOnlyList<TargetGroup> Groups { get; }

    public IReadOnlyList<ModelTarget> Targets => _targets;

    public ModelTarget First => _targets[0];

    public bool IsSingle => _targets.Length == 1;

    /// <summary>The asked model's name in metrics, whoever serves the call.</summary>
    public string MetricName => First.MetricName;

    /// <summary>Whether any of the models on the way keeps sessions together.</summary>
    public bool WantsAffinity { get; private init; }

    /// <summary>A route of these groups, without targets that an earlier group holds too, and cut off where no call would ever get.</summary>
    public static ModelRoute? Of(IEnumerable<TargetGroup> groups)
    {
        var seen = new HashSet<(Provider, string)>();
        var left = new List<TargetGroup>();
        foreach (var group in groups)
        {
            ModelTarget[] targets = [.. group.Targets.Where(target => seen.Count < MostTargets && seen.Add((target.Provider, target.UpstreamModel)))];
            if (targets.Length > 0)
            {
                left.Add(targets.Length == group.Targets.Count ? group : group.With(targets));
            }
        }

        return left.Count == 0 ? null : new ModelRoute([.. left], [.. left.SelectMany(group => group.Targets)]) { WantsAffinity = left.Exists(group => group.Balance == Balance.Affinity) };
    }

    /// <summary>The ways on which a call is spoken; null where there is none. Costs nothing where all speak it.</summary>
    public ModelRoute? Speaking(ApiEndpoint endpoint)
    {
        foreach (var target in _targets)
        {
            if (!target.Provider.Speaks(endpoint))
            {
                return OnlySpeaking(endpoint);
            }
        }

        return this;
    }

    /// <summary>The ways whose cost is known; null where there is none.</summary>
    public ModelRoute? Priced() => Array.TrueForAll(_targets, static target => target.Price is not null) ? this : Where(static target => target.Price is not null);

    /// <summary>The ways that lead to this provider, for a call that is about something it made; null where none does.</summary>
    public ModelRoute? At(string provider) => Where(target => target.Provider.Name == provider);

    /// <summary>The ways on which responses are made over a WebSocket; null where there is none.</summary>
    public ModelRoute? OverWebSocket() => Where(static target => target.Provider.SpeaksResponsesWebSocket);

    private ModelRoute? OnlySpeaking(ApiEndpoint endpoint) => Where(target => target.Provider.Speaks(endpoint));

    private ModelRoute? Where(Func<ModelTarget, bool> holds) => IsSingle
        ? holds(First) ? this : null
        : Of(Groups.Select(group => group.With([.. group.Targets.Where(holds)])));
}
