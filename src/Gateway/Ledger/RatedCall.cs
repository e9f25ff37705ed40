using Gateway.Storage;

namespace Gateway.Ledger;

/// <summary>The call that a caller speaks of: by its own id, else by that of its answer.</summary>
internal sealed record RatedCall(RequestId? Id, string? AnswerId);
