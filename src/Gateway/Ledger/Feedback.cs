using Gateway.Storage;

namespace Gateway.Ledger;

/// <summary>What a caller thought of an answer.</summary>
/// <param name="RequestId">The call.</param>
/// <param name="AnswerId">The id that the provider gave its answer.</param>
/// <param name="Time">When it was given.</param>
/// <param name="KeyId">The caller's key.</param>
/// <param name="TeamId">The key's team.</param>
/// <param name="User">The user that the call named.</param>
/// <param name="Model">The model that the call named.</param>
/// <param name="IsUp">Thumbs up, else down.</param>
/// <param name="Comment">What the caller wrote.</param>
internal sealed record Feedback(
    RequestId RequestId, string? AnswerId, DateTimeOffset Time, KeyId KeyId, string? TeamId, string? User, string? Model, bool IsUp, string? Comment);
