namespace Gateway.Console.Playground;

/// <summary>An answer as it is kept: as far as it came.</summary>
internal sealed record KeptAnswer(string Text, string Reasoning, string? RequestId, string? Error, string? ErrorCode, bool IsWhole, bool? Rating, string? Comment);
