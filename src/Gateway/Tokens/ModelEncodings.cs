namespace Gateway.Tokens;

/// <summary>Which encoding a model's tokens are counted in, by the longest matching prefix of its name; o200k_base where none matches.</summary>
internal static class ModelEncodings
{
    // tiktoken's own table of models (tiktoken/model.py), folded to prefixes. Claude's is the vocabulary published for
    // Claude 2: the newer ones are not public, and it is nearer to them than any of OpenAI's.
    private static readonly (string Prefix, TokenEncoding Encoding)[] ByPrefix =
    [
        ("gpt-oss", TokenEncodings.O200kHarmony),
        ("gpt-5", TokenEncodings.O200kBase),
        ("gpt-4.5", TokenEncodings.O200kBase),
        ("gpt-4.1", TokenEncodings.O200kBase),
        ("gpt-4o", TokenEncodings.O200kBase),
        ("chatgpt-4o", TokenEncodings.O200kBase),
        ("o1", TokenEncodings.O200kBase),
        ("o3", TokenEncodings.O200kBase),
        ("o4", TokenEncodings.O200kBase),
        ("gpt-4", TokenEncodings.Cl100kBase),
        ("gpt-3.5", TokenEncodings.Cl100kBase),
        ("gpt-35", TokenEncodings.Cl100kBase),
        ("text-embedding-", TokenEncodings.Cl100kBase),
        ("davinci-002", TokenEncodings.Cl100kBase),
        ("babbage-002", TokenEncodings.Cl100kBase),
        ("text-davinci-edit-", TokenEncodings.P50kEdit),
        ("code-davinci-edit-", TokenEncodings.P50kEdit),
        ("text-davinci-003", TokenEncodings.P50kBase),
        ("text-davinci-002", TokenEncodings.P50kBase),
        ("code-davinci-", TokenEncodings.P50kBase),
        ("code-cushman-", TokenEncodings.P50kBase),
        ("davinci-codex", TokenEncodings.P50kBase),
        ("cushman-codex", TokenEncodings.P50kBase),
        ("text-davinci-001", TokenEncodings.R50kBase),
        ("text-curie-", TokenEncodings.R50kBase),
        ("text-babbage-", TokenEncodings.R50kBase),
        ("text-ada-", TokenEncodings.R50kBase),
        ("text-similarity-", TokenEncodings.R50kBase),
        ("text-search-", TokenEncodings.R50kBase),
        ("code-search-", TokenEncodings.R50kBase),
        ("davinci", TokenEncodings.R50kBase),
        ("curie", TokenEncodings.R50kBase),
        ("babbage", TokenEncodings.R50kBase),
        ("ada", TokenEncodings.R50kBase),
        ("gpt2", TokenEncodings.Gpt2),
        ("gpt-2", TokenEncodings.Gpt2),
        ("claude", TokenEncodings.Claude),
    ];

    /// <summary>A provider in front (<c>openai/gpt-4o</c>) and the mark of a fine-tuned model (<c>ft:gpt-4o:…</c>) are passed over.</summary>
    public static TokenEncoding For(string model)
    {
        var name = model.AsSpan(model.LastIndexOf('/') + 1);
        if (name.StartsWith("ft:", StringComparison.OrdinalIgnoreCase))
        {
            name = name[3..];
        }

        var found = TokenEncodings.O200kBase;
        var length = 0;
        foreach (var (prefix, encoding) in ByPrefix)
        {
            if (prefix.Length > length && name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                found = encoding;
                length = prefix.Length;
            }
        }

        return found;
    }
}
