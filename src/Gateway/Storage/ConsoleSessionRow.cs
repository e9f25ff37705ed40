namespace Gateway.Storage;

/// <summary>Somebody signed in to the console. Here and not in a process, so that each replica knows it and signing out ends it for all. Times are unix milliseconds.</summary>
internal sealed class ConsoleSessionRow
{
    /// <summary>SHA-256 of the cookie's value: who reads the database can't sign in with it.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>Who it is, to show and for the audit trail.</summary>
    public required string Who { get; init; }

    /// <summary>Whether they may change things, or only look.</summary>
    public required bool MayChange { get; init; }

    public required long CreatedAt { get; init; }

    /// <summary>When a request last came; sessions that idle end.</summary>
    public required long SeenAt { get; set; }
}
