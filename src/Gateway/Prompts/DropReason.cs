namespace Gateway.Prompts;

/// <summary>Why a record was not kept, as a metric's label.</summary>
internal static class DropReason
{
    /// <summary>Too many waited, or too much.</summary>
    public const string QueueFull = "queue_full";

    /// <summary>The store failed: no database, no room on the disk.</summary>
    public const string Store = "store";

    /// <summary>The gateway stopped before it was written.</summary>
    public const string Stopped = "stopped";

    public static readonly IReadOnlyList<string> All = [QueueFull, Store, Stopped];
}
