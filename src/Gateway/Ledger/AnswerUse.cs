namespace Gateway.Ledger;

/// <summary>What a call used that is known by its answer's id.</summary>
/// <param name="Tokens">All of its prompt and its answer.</param>
/// <param name="UpstreamModel">The provider's name for the model that answered.</param>
internal readonly record struct AnswerUse(long Tokens, string? UpstreamModel);
