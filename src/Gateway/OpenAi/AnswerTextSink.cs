namespace Gateway.OpenAi;

/// <summary>
/// Takes the text of an answer in the order in which it comes, unescaped. <paramref name="channel"/> is one of <see cref="AnswerChannel"/>'s, so that text of
/// the same choice and channel may be joined. The bytes are only valid during the call, and are not promised to be valid UTF-8: they are what the provider sent.
/// </summary>
internal delegate void AnswerTextSink(int choice, int channel, ReadOnlySpan<byte> utf8);
