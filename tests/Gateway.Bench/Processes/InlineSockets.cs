namespace Gateway.Bench.Processes;

/// <summary>
/// Settings of .NET's sockets for the mock and the load generator, never for a candidate: one thread that waits and works,
/// without a hop to the thread pool for each completion. It halves what both take from the cores they share with the candidate.
/// </summary>
internal static class InlineSockets
{
    public static IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>
    {
        ["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1",
        ["DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT"] = "1",
    };
}
