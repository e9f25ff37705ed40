namespace Gateway.Admin;

/// <summary>What an erasure did.</summary>
/// <param name="Erased">How many calls' prompts and answers were erased.</param>
public sealed record ErasedView(int Erased);
