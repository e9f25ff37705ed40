namespace Gateway.Prompts;

/// <summary>What is kept of a call, or why nothing is.</summary>
/// <param name="Prompt">The request's body.</param>
/// <param name="Parts">The answer's parts; null where there was no answer.</param>
/// <param name="IsCut">Whether some of it was cut off.</param>
/// <param name="Absent">Why there is nothing; null where there is something.</param>
internal sealed record PromptContent(string? Prompt, IReadOnlyList<AnswerPartText>? Parts, bool IsCut, ContentAbsent? Absent)
{
    public static PromptContent None(ContentAbsent why) => new(null, null, false, why);
}
