namespace Gateway.Hosting;

/// <summary>Whether the settings in the file are those in force, for whoever asks if all is well.</summary>
internal sealed class SettingsState
{
    private volatile string? _refusal;

    /// <summary>Why the file's settings were not taken over; null where they were.</summary>
    public string? Refusal
    {
        get => _refusal;
        set => _refusal = value;
    }
}
