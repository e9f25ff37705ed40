namespace Gateway.Providers;

/// <summary>A model as the settings have it, or as it was found: a name or a pattern, its own targets, and the models that take over where none of those can.</summary>
internal sealed record ModelEntry(string Name, TargetGroup Group, IReadOnlyList<string> Fallbacks)
{
    public bool IsPattern => Name.Contains('*', StringComparison.Ordinal);
}
