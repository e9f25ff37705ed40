namespace Gateway.OpenAi;

/// <summary>In which of the APIs' forms a call is answered: where text and usage stand in it.</summary>
internal enum AnswerDialect
{
    /// <summary><c>choices</c> with text, and <c>usage</c> beside them: chat/completions, completions, and whatever else reports <c>usage</c> at the top.</summary>
    Choices,

    /// <summary>Items of <c>output</c>; in streams named events with <c>delta</c>, and the whole response in the last of them.</summary>
    Responses,

    /// <summary>Anthropic's blocks of <c>content</c>; in streams the prompt's usage comes first and the answer's last.</summary>
    Messages,

    /// <summary><c>text</c>, or in streams <c>transcript.text.delta</c>: what was heard in audio.</summary>
    Transcripts,
}
