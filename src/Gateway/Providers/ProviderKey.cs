namespace Gateway.Providers;

/// <summary>One of a provider's credentials: what it is now, and until when it is left out because the provider refused it.</summary>
internal sealed class ProviderKey
{
    private readonly ProviderOptions _options;
    private readonly string _setting;

    private string _text;
    private volatile KeyForm _form;
    private long _asideUntil;

    /// <param name="options">The settings that say how it is sent.</param>
    /// <param name="setting">The credential as the settings name it; empty where there is none.</param>
    public ProviderKey(ProviderOptions options, string setting)
    {
        _options = options;
        _setting = setting;
        _text = KeySource.Read(setting) ?? "";
        _form = KeyForm.Of(options, _text);
    }

    public KeyForm Form => _form;

    /// <summary>The moment, in UTC ticks, from which it may be used again; past where it may be now.</summary>
    public long AsideUntil => Volatile.Read(ref _asideUntil);

    public void SetAside(DateTimeOffset until) => Volatile.Write(ref _asideUntil, until.UtcTicks);

    /// <summary>Reads its file again, if it has one. A file that can't be read now leaves the credential as it was: mounted secrets are swapped, not written at once.</summary>
    /// <returns>Whether it changed.</returns>
    public bool Reread()
    {
        if (!KeySource.IsFile(_setting) || KeySource.Read(_setting) is not { } text || text == _text)
        {
            return false;
        }

        _text = text;
        _form = KeyForm.Of(_options, text);
        Volatile.Write(ref _asideUntil, 0);
        return true;
    }
}
