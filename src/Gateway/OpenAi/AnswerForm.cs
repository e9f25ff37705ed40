namespace Gateway.OpenAi;

/// <summary>How an answer's body is to be read.</summary>
internal enum AnswerForm
{
    /// <summary>Not at all: its bytes are only counted.</summary>
    Opaque,
    Json,

    /// <summary>Text as it is: a transcript's subtitles.</summary>
    Text,
    EventStream,
}
