namespace Gateway.Ledger;

/// <summary>The limit that refused a call, as it was then.</summary>
/// <param name="Scope">Whose it is: <c>key</c> or <c>team</c>.</param>
/// <param name="Unit">What it counts.</param>
/// <param name="Per">Its window; null for <c>concurrent</c>.</param>
/// <param name="Limit">Its amount; dollars for <c>usd</c>.</param>
/// <param name="Model">The models it holds for; null for all.</param>
public sealed record DenyingLimit(string Scope, string Unit, string? Per, decimal Limit, string? Model);
