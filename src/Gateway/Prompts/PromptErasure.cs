using Gateway.Storage;

namespace Gateway.Prompts;

/// <summary>Whose content is to be erased: a user's, a key's, or of both at once; null means any, but one of the two is there.</summary>
/// <param name="User">The user that the request's body named.</param>
/// <param name="KeyId">The caller's key.</param>
/// <param name="Before">Only what arrived before this.</param>
internal sealed record PromptErasure(string? User, KeyId? KeyId, DateTimeOffset? Before);
