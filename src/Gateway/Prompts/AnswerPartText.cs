namespace Gateway.Prompts;

/// <summary>One part of an answer.</summary>
/// <param name="Choice">The choice's index.</param>
/// <param name="Kind"><c>content</c>, <c>reasoning</c>, <c>refusal</c>, <c>function_call</c> or <c>tool_call</c>.</param>
/// <param name="Index">The tool call's index.</param>
/// <param name="Text">Its text; of a call its name and then its arguments.</param>
public sealed record AnswerPartText(int Choice, string Kind, int? Index, string Text);
