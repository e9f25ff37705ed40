namespace Gateway.OpenAi;

/// <summary>The parts of one choice whose text belongs together.</summary>
internal static class AnswerChannel
{
    public const int Content = 0;
    public const int Reasoning = 1;
    public const int Refusal = 2;
    public const int FunctionCall = 3;

    /// <summary>Tool call k is this plus k.</summary>
    public const int FirstToolCall = 4;
}
