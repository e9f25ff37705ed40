namespace Gateway.OpenAi;

/// <summary>How a call's request comes, which decides who handles it.</summary>
internal enum BodyForm
{
    /// <summary>One JSON object with a model in it, read whole.</summary>
    Json,

    /// <summary><c>multipart/form-data</c> with files and a model, kept on disk where it is large.</summary>
    Multipart,

    /// <summary>Files and batches: things that a provider keeps for the key that made them.</summary>
    Stored,

    /// <summary>A WebSocket.</summary>
    Socket,
}
