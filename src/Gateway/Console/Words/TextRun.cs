namespace Gateway.Console.Words;

/// <summary>A piece of a text.</summary>
/// <param name="Text">What to show.</param>
/// <param name="IsSign">Whether it names a character that is not shown as itself.</param>
internal readonly record struct TextRun(string Text, bool IsSign);
