using System.Text.Json;

namespace Gateway.OpenAi;

/// <summary>The text of transcriptions and translations of audio. Of a stream the deltas count, and its last event's text where there were none.</summary>
internal sealed class TranscriptText : DialectText
{
    private (int Start, int Length, bool IsEscaped)? _text;
    private (int Start, int Length, bool IsEscaped)? _delta;
    private bool _isWhole;
    private bool _isDelta;
    private bool _sawDelta;

    public override void Begin()
    {
        _text = _delta = null;
        _isWhole = true;
        _isDelta = false;
    }

    public override bool Read(ref Utf8JsonReader reader, AnswerFindings findings)
    {
        if (JsonText.Is(in reader, "text"u8))
        {
            reader.Read();
            _text = TextAt(in reader);
        }
        else if (JsonText.Is(in reader, "delta"u8))
        {
            reader.Read();
            _delta = TextAt(in reader);
        }
        else if (JsonText.Is(in reader, "type"u8))
        {
            // Segments repeat what the deltas say.
            reader.Read();
            _isWhole = reader.TokenType is JsonTokenType.String && JsonText.Is(in reader, "transcript.text.done"u8);
            _isDelta = reader.TokenType is JsonTokenType.String && JsonText.Is(in reader, "transcript.text.delta"u8);
        }
        else
        {
            return false;
        }

        reader.Skip();
        return true;
    }

    public override void End(AnswerFindings findings)
    {
        _sawDelta |= _isDelta;
        if ((_isDelta ? _delta : _isWhole && !_sawDelta ? _text : null) is var (start, length, isEscaped))
        {
            findings.AddText(0, AnswerChannel.Content, start, length, isEscaped);
        }
    }
}
