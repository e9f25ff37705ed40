namespace Gateway.Console.Playground;

/// <summary>A model's conversation, as it is kept.</summary>
internal sealed record KeptColumn(string Model, IReadOnlyList<KeptTurn> Turns);
