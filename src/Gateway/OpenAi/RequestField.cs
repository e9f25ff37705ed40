namespace Gateway.OpenAi;

/// <summary>The top-level fields of a body that the gateway reads. Every other passes unseen.</summary>
internal enum RequestField
{
    Other,
    Model,
    Stream,
    StreamOptions,
    N,
    BestOf,
    MaxTokens,
    MaxCompletionTokens,
    MaxOutputTokens,
    Prompt,
    User,
    Metadata,
    PreviousResponseId,
    Store,
    Background,
    Conversation,
    Input,
    InputFileId,
}
