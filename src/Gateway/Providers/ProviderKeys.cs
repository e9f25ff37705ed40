namespace Gateway.Providers;

/// <summary>A provider's credentials: puts one into each request, in turn where there are several, and keeps up with files that hold them.</summary>
internal sealed class ProviderKeys : IDisposable
{
    private const string VersionHeader = "anthropic-version";

    /// <summary>A mounted secret is swapped rarely; its old value mostly works for minutes more.</summary>
    private static readonly TimeSpan RereadPeriod = TimeSpan.FromSeconds(2);

    /// <summary>Marks a request with the key that it carries, where there are several.</summary>
    private static readonly HttpRequestOptionsKey<(ProviderKey Key, Uri? Address)> Carried = new("gateway-provider-key");

    private readonly ProviderKey[] _keys;
    private readonly bool _bearerForChat;
    private readonly string? _defaultVersion;
    private readonly TimeProvider _time;
    private readonly ITimer? _reread;

    private volatile CredentialMask _mask;
    private volatile string[] _secrets;
    private int _turn = -1;

    public ProviderKeys(ProviderOptions options, TimeProvider time)
    {
        _time = time;
        string[] settings = [.. new[] { options.ApiKey }.Concat(options.ApiKeys).OfType<string>().Where(setting => setting.Length > 0)];
        _keys = [.. settings.DefaultIfEmpty("").Select(setting => new ProviderKey(options, setting))];

        // Anthropic's chat call takes the credential as OpenAI's does, and needs no version.
        bool isAnthropic = options.Kind == ProviderKind.AnthropicName;
        _bearerForChat = isAnthropic;
        _defaultVersion = isAnthropic && !options.Headers.ContainsKey(VersionHeader) ? "2023-06-01" : null;
        _secrets = [.. KeysSecrets()];
        _mask = new CredentialMask(_secrets);
        _reread = settings.Any(KeySource.IsFile) ? time.CreateTimer(static keys => ((ProviderKeys?)keys)?.Reread(), this, RereadPeriod, RereadPeriod) : null;
    }

    public int Count => _keys.Length;

    public DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>Puts a credential and the provider's other headers into a request, over whatever stood there.</summary>
    public void Apply(HttpRequestMessage request)
    {
        if (_keys.Length == 1)
        {
            Apply(request, _keys[0], request.RequestUri);
            return;
        }

        ProviderKey key = Next();
        request.Options.Set(Carried, (key, request.RequestUri));
        Apply(request, key, request.RequestUri);
    }

    /// <summary>The key that a request carries, where there are several.</summary>
    public static ProviderKey? KeyOf(HttpRequestMessage request) => request.Options.TryGetValue(Carried, out (ProviderKey Key, Uri? Address) carried) ? carried.Key : null;

    /// <summary>Gives a request that was refused another key, unless all the others are set aside too.</summary>
    public bool TryMoveOn(HttpRequestMessage request)
    {
        if (!request.Options.TryGetValue(Carried, out (ProviderKey Key, Uri? Address) carried))
        {
            return false;
        }

        ProviderKey next = Next();
        if (next == carried.Key || next.AsideUntil > Now.UtcTicks)
        {
            return false;
        }

        request.Options.Set(Carried, (next, carried.Address));
        Apply(request, next, carried.Address);
        return true;
    }

    /// <summary>What must never be shown, the last ones before a file was read again among them; the same list while they stay the same.</summary>
    public IReadOnlyList<string> Secrets => _secrets;

    public ReadOnlyMemory<byte> Mask(ReadOnlyMemory<byte> text) => _mask.Apply(text);

    public void Dispose() => _reread?.Dispose();

    private void Apply(HttpRequestMessage request, ProviderKey key, Uri? address)
    {
        KeyForm form = key.Form;
        bool asBearer = _bearerForChat && address?.AbsolutePath.EndsWith("/chat/completions", StringComparison.Ordinal) is true;
        foreach ((string name, string value) in asBearer ? form.BearerHeaders : form.Headers)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (_defaultVersion is not null && !request.Headers.NonValidated.Contains(VersionHeader))
        {
            request.Headers.TryAddWithoutValidation(VersionHeader, _defaultVersion);
        }

        if (form.Query.Length > 0 && address is not null)
        {
            request.RequestUri = new Uri($"{address.AbsoluteUri}{(address.Query.Length > 0 ? '&' : '?')}{form.Query}");
        }
    }

    /// <summary>The next in turn that is not set aside; where all are, the one whose time comes first.</summary>
    private ProviderKey Next()
    {
        long now = Now.UtcTicks;
        uint first = (uint)Interlocked.Increment(ref _turn);
        ProviderKey soonest = _keys[first % _keys.Length];
        for (uint i = 0; i < _keys.Length; i++)
        {
            ProviderKey key = _keys[(first + i) % _keys.Length];
            if (key.AsideUntil <= now)
            {
                return key;
            }

            soonest = key.AsideUntil < soonest.AsideUntil ? key : soonest;
        }

        return soonest;
    }

    private void Reread()
    {
        string[] before = [.. KeysSecrets()];
        bool changed = false;
        foreach (ProviderKey key in _keys)
        {
            changed |= key.Reread();
        }

        // Answers to calls that carried the old one may still come.
        if (changed)
        {
            _secrets = [.. KeysSecrets(), .. before];
            _mask = new CredentialMask(_secrets);
        }
    }

    private IEnumerable<string> KeysSecrets() => _keys.SelectMany(key => key.Form.Secrets);
}
