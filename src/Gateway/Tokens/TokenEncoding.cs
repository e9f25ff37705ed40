namespace Gateway.Tokens;

/// <summary>
/// An encoding under the name that callers know it by, and the vocabulary it counts with. Encodings that differ only in special
/// tokens count alike here, because special tokens in a text are counted as text; so they share one loaded vocabulary.
/// </summary>
internal sealed record TokenEncoding(string Name, string Vocabulary)
{
    public override string ToString() => Name;
}
