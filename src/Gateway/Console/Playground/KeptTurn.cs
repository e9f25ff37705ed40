namespace Gateway.Console.Playground;

/// <summary>A message and what came back for it, as they are kept.</summary>
internal sealed record KeptTurn(string Text, IReadOnlyList<ChatImage> Images, KeptAnswer Answer);
