namespace Gateway.OpenAi;

/// <summary>One of the fields that cap the answer's tokens, as the caller wrote it: where its value stands, and what it says (null: a JSON null, which caps nothing).</summary>
internal readonly record struct OutputCapField(ByteRange Value, long? Tokens);
