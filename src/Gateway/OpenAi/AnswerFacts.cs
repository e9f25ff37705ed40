namespace Gateway.OpenAi;

/// <summary>What one JSON object of an answer, a stream's chunk or a whole body, turned out to be.</summary>
internal readonly record struct AnswerFacts(bool IsValid, ChoicesShape Choices, bool HasUsageObject, bool HasError, bool HasFinishReason)
{
    /// <summary>
    /// The chunk that providers add when they are asked for usage: no choices, but usage. One that carries an error as well is none:
    /// an error is never kept from the caller.
    /// </summary>
    public bool IsUsageOnly => IsValid && Choices is ChoicesShape.Empty && HasUsageObject && !HasError;
}
