namespace Gateway.Proxy;

/// <summary>A body on its way to one target.</summary>
/// <param name="Stream">Its bytes, read once. Holds nothing of its own.</param>
/// <param name="Length">How many there are.</param>
/// <param name="IsInMemory">Whether reading it never waits.</param>
internal readonly record struct OutgoingBody(Stream Stream, long Length, bool IsInMemory);
