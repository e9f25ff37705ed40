namespace Gateway.Providers;

/// <summary>The inside of one JSON string of a request, where it lies in the body.</summary>
internal readonly record struct EchoSegment(int Start, int Length, bool Escaped);
