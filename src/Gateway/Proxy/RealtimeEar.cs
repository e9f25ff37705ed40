namespace Gateway.Proxy;

/// <summary>
/// What the transcription of a realtime session's audio may still use. It is no part of any response: the provider tells its usage turn by turn, some time after the audio
/// came. Until then twice the audio's own tokens are enough, once for hearing it and once for its text, which nobody speaks as fast.
/// </summary>
internal sealed class RealtimeEar
{
    private readonly Queue<long> _committed = new();
    private long _buffered;
    private bool _isOn;

    /// <summary>Tokens that are to be reserved for it.</summary>
    public long MostTokens => _isOn ? 2 * (_buffered + _committed.Sum()) : 0;

    /// <summary>A session is told how it is to be, by either side.</summary>
    public void Configured(ReadOnlySpan<byte> message) => _isOn |= Asks(message);

    /// <summary>Audio comes.</summary>
    public void Hears(long tokens) => _buffered += tokens;

    /// <summary>An event came from upstream.</summary>
    public void Received(string? type)
    {
        switch (type)
        {
            case "input_audio_buffer.committed":
                _committed.Enqueue(_buffered);
                _buffered = 0;
                break;
            case "input_audio_buffer.cleared":
                _buffered = 0;
                break;
            case "conversation.item.input_audio_transcription.completed" or "conversation.item.input_audio_transcription.failed":
                _committed.TryDequeue(out _);
                break;
        }
    }

    /// <summary>Whether a field whose name ends so has an object: null and false mean that nothing is transcribed.</summary>
    private static bool Asks(ReadOnlySpan<byte> message)
    {
        var name = "transcription\""u8;
        for (var at = message.IndexOf(name); at >= 0; at = message.IndexOf(name))
        {
            message = message[(at + name.Length)..];
            if (message.TrimStart(" \t\r\n:"u8) is [(byte)'{', ..])
            {
                return true;
            }
        }

        return false;
    }
}
