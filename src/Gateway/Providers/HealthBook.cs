namespace Gateway.Providers;

/// <summary>What is known of each target's health: one entry for a provider and its own name of a model, whatever names lead there. Names that callers make up share one.</summary>
internal sealed class HealthBook(HealthBounds bounds, TimeProvider time, HealthBook? before)
{
    /// <summary>For names that are passed on as they are asked.</summary>
    private const string PassedOn = "*";

    private readonly Dictionary<(Provider Provider, string Model), TargetHealth> _entries = [];

    /// <summary>Only while a catalog is built. What was known of a provider that stays is taken over.</summary>
    public TargetHealth Of(Provider provider, string? upstreamModel)
    {
        var target = (provider, string.IsNullOrEmpty(upstreamModel) ? PassedOn : upstreamModel);
        if (!_entries.TryGetValue(target, out var health))
        {
            health = before?._entries.GetValueOrDefault(target) ?? new TargetHealth(bounds, time, new Random());
            _entries.Add(target, health);
        }

        return health;
    }

    public IEnumerable<TargetHealth> At(Provider provider) => _entries.Where(entry => entry.Key.Provider == provider).Select(entry => entry.Value);
}
