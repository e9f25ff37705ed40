namespace Gateway.Console.Words;

/// <summary>A limit that is one click away.</summary>
public sealed record LimitPreset(string Name, string Amount, string Unit, string Per);
