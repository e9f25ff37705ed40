namespace Gateway.Prompts;

/// <summary>What became of a record's content. The numbers are stored.</summary>
internal enum PromptState
{
    Kept = 0,

    /// <summary>An admin erased it.</summary>
    Erased = 1,

    /// <summary>It could not be redacted, so nothing of it was kept.</summary>
    Withheld = 2,
}
