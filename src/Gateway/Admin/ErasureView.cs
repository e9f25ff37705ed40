namespace Gateway.Admin;

/// <summary>An erasure as the audit log keeps it.</summary>
/// <param name="User">Whose content.</param>
/// <param name="KeyId">By which key.</param>
/// <param name="Before">Only what arrived before this.</param>
/// <param name="Erased">How many calls' prompts and answers were erased.</param>
public sealed record ErasureView(string? User, string? KeyId, DateTimeOffset? Before, int Erased);
