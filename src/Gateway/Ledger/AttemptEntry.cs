namespace Gateway.Ledger;

/// <summary>One attempt of a call at a target.</summary>
/// <param name="Provider">Who was called.</param>
/// <param name="UpstreamModel">The provider's own name for the model.</param>
/// <param name="Status">The provider's status; null where it never answered.</param>
/// <param name="ErrorCode">The gateway's code for how it failed; null where it went well.</param>
/// <param name="DurationMs">Milliseconds from sending the call to the end of its answer.</param>
public sealed record AttemptEntry(string Provider, string UpstreamModel, int? Status, string? ErrorCode, long DurationMs);
