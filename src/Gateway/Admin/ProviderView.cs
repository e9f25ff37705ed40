using Gateway.Providers;

namespace Gateway.Admin;

/// <summary>A provider and how it has been doing, as the admin API shows it.</summary>
public sealed record ProviderView
{
    /// <summary>Its name in the settings.</summary>
    public required string Name { get; init; }

    /// <summary>The calls it speaks.</summary>
    public required IReadOnlyList<string> Endpoints { get; init; }

    /// <summary><c>healthy</c>, <c>cooling</c> (all its targets are left alone for a while) or <c>failing</c> (it refuses the gateway's credential, or its last calls failed).</summary>
    public required string Health { get; init; }

    /// <summary>Calls under way.</summary>
    public required long InFlight { get; init; }

    /// <summary>Attempts of the last minute.</summary>
    public required long Requests { get; init; }

    /// <summary>The share of them that failed, from 0 to 1.</summary>
    public required double ErrorRate { get; init; }

    /// <summary>Until when it is left alone.</summary>
    public required DateTimeOffset? CoolingUntil { get; init; }

    /// <summary>How its last failed call failed, in the gateway's own words; null after a good one.</summary>
    public required string? LastError { get; init; }

    /// <summary>When that was.</summary>
    public required DateTimeOffset? LastErrorAt { get; init; }

    internal static ProviderView Of(Provider provider, HealthBook book)
    {
        var targets = book.At(provider).ToList();
        var (calls, failures) = targets.Select(target => target.LastMinute()).Aggregate((sum, next) => (sum.Calls + next.Calls, sum.Failures + next.Failures));
        var pauses = targets.Select(target => target.CoolingUntil()).OfType<DateTimeOffset>().ToList();
        var failure = targets.Select(target => target.Failure).OfType<TargetFailure>().MaxBy(each => each.Time);
        return new ProviderView
        {
            Name = provider.Name,
            Endpoints = [.. provider.Endpoints.Select(endpoint => endpoint.Path)],
            Health = targets.Exists(target => target.IsRefusingCredential) ? "failing" : pauses.Count > 0 ? "cooling" : failure is null ? "healthy" : "failing",
            InFlight = targets.Sum(target => target.InFlight),
            Requests = calls,
            ErrorRate = calls == 0 ? 0 : Math.Round((double)failures / calls, 4),
            CoolingUntil = pauses.Count > 0 ? pauses.Max() : null,
            LastError = failure?.Message,
            LastErrorAt = failure?.Time,
        };
    }
}
