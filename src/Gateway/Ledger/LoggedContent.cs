namespace Gateway.Ledger;

/// <summary>What became of a call's prompt and answer when the call ended. The numbers are stored.</summary>
internal enum LoggedContent
{
    /// <summary>They were not to be kept, or the call never got as far.</summary>
    Off = 0,

    /// <summary>They were handed to the prompt log.</summary>
    HandedIn = 1,

    /// <summary>The prompt log had no room for them.</summary>
    Dropped = 2,
}
