namespace Gateway.Prompts;

/// <summary>Why a call has no content. In the API in small letters.</summary>
internal enum ContentAbsent
{
    /// <summary>It was not to be kept.</summary>
    Off,

    /// <summary>It could not be redacted, so it was not kept.</summary>
    Redacted,

    /// <summary>An admin erased it.</summary>
    Erased,

    /// <summary>It is older than what is kept.</summary>
    Expired,

    /// <summary>The queue was full, or the store failed.</summary>
    Dropped,
}
