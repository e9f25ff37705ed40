namespace Gateway.Admin;

/// <summary>A model's target as the admin API shows it.</summary>
/// <param name="Provider">Who serves it.</param>
/// <param name="Model">The provider's own name for the model; null: the asked name.</param>
/// <param name="Weight">Its share of the calls, beside the others' weights.</param>
/// <param name="Healthy">Whether it may be called now.</param>
/// <param name="CoolingUntil">Until when it is left alone.</param>
/// <param name="InFlight">Calls under way.</param>
public sealed record TargetView(string Provider, string? Model, int Weight, bool Healthy, DateTimeOffset? CoolingUntil, long InFlight);
