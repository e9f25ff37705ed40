namespace Gateway.Console.Words;

/// <summary>What the browser says about its reader.</summary>
internal sealed record ReaderFacts(string Group, string Decimal, string Zone, int Offset, bool Dark, bool Utc, string Origin, ReaderTimes? Times = null);
