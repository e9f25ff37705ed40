using System.Text.Json;

namespace Gateway.OpenAi;

/// <summary>The text of Anthropic's Messages API: of a stream's events the deltas and the names of tools, of a whole message its blocks.</summary>
internal sealed class MessagesText : DialectText
{
    private (int Start, int Length, bool IsEscaped)? _delta;
    private int _block;

    public override void Begin()
    {
        _delta = null;
        _block = 0;
    }

    public override bool Read(ref Utf8JsonReader reader, AnswerFindings findings)
    {
        if (JsonText.Is(in reader, "delta"u8) || JsonText.Is(in reader, "content_block"u8))
        {
            ReadDelta(ref reader);
        }
        else if (JsonText.Is(in reader, "index"u8))
        {
            _block = ReadIndex(ref reader);
        }
        else if (JsonText.Is(in reader, "content"u8))
        {
            ReadBlocks(ref reader, findings);
        }
        else
        {
            return false;
        }

        return true;
    }

    public override void End(AnswerFindings findings)
    {
        if (_delta is var (start, length, isEscaped))
        {
            findings.AddText(_block, AnswerChannel.Content, start, length, isEscaped);
        }
    }

    private void ReadDelta(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType is not JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isText = IsText(in reader);
            reader.Read();
            _delta = isText ? TextAt(in reader) ?? _delta : _delta;
            reader.Skip();
        }
    }

    private static void ReadBlocks(ref Utf8JsonReader reader, AnswerFindings findings)
    {
        reader.Read();
        if (reader.TokenType is not JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        for (var block = 0; reader.Read() && reader.TokenType is not JsonTokenType.EndArray; block++)
        {
            if (reader.TokenType is JsonTokenType.StartObject)
            {
                ReadBlock(ref reader, block, findings);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static void ReadBlock(ref Utf8JsonReader reader, int block, AnswerFindings findings)
    {
        for (var part = 0; reader.Read() && reader.TokenType is JsonTokenType.PropertyName;)
        {
            var isText = IsText(in reader);
            var isInput = JsonText.Is(in reader, "input"u8);
            reader.Read();
            if (isText && TextAt(in reader) is var (start, length, isEscaped))
            {
                findings.AddText(block, part++, start, length, isEscaped);
            }
            else if (isInput && reader.TokenType is JsonTokenType.StartObject)
            {
                // A tool's input is written by the model as this very JSON.
                var at = (int)reader.TokenStartIndex;
                reader.Skip();
                findings.AddText(block, part++, at, (int)reader.BytesConsumed - at, isEscaped: false);
            }

            reader.Skip();
        }
    }

    private static bool IsText(ref readonly Utf8JsonReader reader) =>
        JsonText.Is(in reader, "text"u8) || JsonText.Is(in reader, "partial_json"u8) || JsonText.Is(in reader, "thinking"u8) || JsonText.Is(in reader, "name"u8);
}
