using System.Collections.Frozen;
using SharpToken;

namespace Gateway.Tokens;

/// <summary>
/// The loaded vocabularies. Loading one takes 0.3–1.6 s and 190–800 MB that are garbage at once (its tree stays, 15–60 MB), so
/// it is done on first need, on a counting thread, and once however many ask: the others wait for the one that loads.
/// </summary>
internal sealed class Vocabularies(Func<string, GptEncoding> load)
{
    private readonly FrozenDictionary<string, Lazy<GptEncoding>> _byName = TokenEncodings.All
        .Select(encoding => encoding.Vocabulary)
        .Distinct()
        .ToFrozenDictionary(name => name, name => new Lazy<GptEncoding>(() => load(name)));

    public bool IsLoaded(TokenEncoding encoding) => _byName[encoding.Vocabulary].IsValueCreated;

    public GptEncoding Get(TokenEncoding encoding) => _byName[encoding.Vocabulary].Value;
}
