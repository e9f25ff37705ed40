using Gateway.Console.Words;
using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Storage;

namespace Gateway.Console.Parts;

/// <summary>A key while somebody makes or changes it.</summary>
public sealed class KeyDraft
{
    public string Name { get; set; } = "";

    public string Team { get; set; } = "";

    /// <summary>Names and patterns, separated by commas or lines; nothing for every model.</summary>
    public string? Models { get; set; }

    /// <summary>The day on which it ends, in UTC.</summary>
    public DateOnly? Expires { get; set; }

    public List<LimitDraft> Limits { get; } = [];

    public string? Fault { get; private set; }

    public static KeyDraft New()
    {
        var form = new KeyDraft();
        form.Limits.Add(LimitDraft.Of(LimitPresets.All[0]));
        return form;
    }

    internal static KeyDraft Of(KeySpec spec)
    {
        var form = new KeyDraft
        {
            Name = spec.Name,
            Team = spec.Team?.Value ?? "",
            Models = spec.Models is { } models ? string.Join(", ", models) : null,
            Expires = spec.ExpiresAt is { } end ? DateOnly.FromDateTime(end.UtcDateTime) : null,
        };
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

    /// <summary>What was typed, over what the key had: what the form does not show stays.</summary>
    internal Outcome<KeySpec> Over(KeySpec spec) => spec with
    {
        Name = Name.Trim(),
        Team = Team.Length > 0 ? new TeamId(Team) : null,
        Models = Patterns,
        ExpiresAt = ExpiryOver(spec.ExpiresAt),
        Limits = [.. Limits.Select(draft => draft.Spec)],
    };

    internal void Refused(GatewayError error) => Fault = error.Message;

    internal static List<string>? PatternsOf(string? text) =>
        (text ?? "").Split([',', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } names ? [.. names] : null;

    private List<string>? Patterns => PatternsOf(Models);

    /// <summary>A key that ends at some moment of the chosen day keeps that moment.</summary>
    private DateTimeOffset? ExpiryOver(DateTimeOffset? present) =>
        Expires is not { } day ? null
        : present is { } kept && DateOnly.FromDateTime(kept.UtcDateTime) == day ? kept
        : new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
}
