using Gateway.Console.Words;
using Gateway.Keys;
using Gateway.OpenAi;

namespace Gateway.Console.Parts;

/// <summary>A team while somebody makes or changes it.</summary>
public sealed class TeamDraft
{
    public string Name { get; set; } = "";

    public string? Models { get; set; }

    public List<LimitDraft> Limits { get; } = [];

    public string? Fault { get; private set; }

    internal static TeamDraft Of(TeamSpec spec)
    {
        var form = new TeamDraft { Name = spec.Name, Models = spec.Models is { } models ? string.Join(", ", models) : null };
        form.Limits.AddRange(spec.Limits.Select(LimitDraft.Of));
        return form;
    }

    public bool Check()
    {
        Fault = !NameRules.IsName(Name) ? $"A name of 1 to {NameRules.MaxName} letters."
            : Patterns is { } models && (models.Count > NameRules.MaxModels || !models.All(NameRules.IsModelName)) ? "Models: names or patterns such as gpt-4*, separated by commas."
            : LimitDraft.FaultOf(Limits);
        return Fault is null;
    }

    internal Outcome<TeamSpec> Over(TeamSpec spec) => spec with { Name = Name.Trim(), Models = Patterns, Limits = [.. Limits.Select(draft => draft.Spec)] };

    internal void Refused(GatewayError error) => Fault = error.Message;

    private List<string>? Patterns => KeyDraft.PatternsOf(Models);
}
