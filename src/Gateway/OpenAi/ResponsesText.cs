using System.Text.Json;

namespace Gateway.OpenAi;

/// <summary>
/// The text of the Responses API. Of a stream's events only the deltas count: what the others hold repeats them. Of a whole response all items do, whatever
/// their kind: text, refusals, summaries of reasoning, names and arguments of calls.
/// </summary>
internal sealed class ResponsesText : DialectText
{
    private (int Start, int Length, bool IsEscaped)? _delta;
    private int _output;
    private int _part;
    private bool _isSound;

    public override void Begin()
    {
        _delta = null;
        _output = 0;
        _part = 0;
        _isSound = false;
    }

    public override bool Read(ref Utf8JsonReader reader, AnswerFindings findings)
    {
        if (JsonText.Is(in reader, "delta"u8))
        {
            reader.Read();
            _delta = TextAt(in reader);
            reader.Skip();
        }
        else if (JsonText.Is(in reader, "type"u8))
        {
            reader.Read();
            _isSound = reader.TokenType is JsonTokenType.String && reader.ValueSpan.EndsWith("audio.delta"u8);
            reader.Skip();
        }
        else if (JsonText.Is(in reader, "output_index"u8))
        {
            _output = ReadIndex(ref reader);
        }
        else if (JsonText.Is(in reader, "content_index"u8) || JsonText.Is(in reader, "summary_index"u8))
        {
            _part = ReadIndex(ref reader);
        }
        else if (JsonText.Is(in reader, "output"u8))
        {
            ReadItems(ref reader, findings);
        }
        else
        {
            return false;
        }

        return true;
    }

    public override void End(AnswerFindings findings)
    {
        if (_delta is var (start, length, isEscaped) && !_isSound)
        {
            findings.AddText(_output, _part, start, length, isEscaped);
        }
    }

    private static void ReadItems(ref Utf8JsonReader reader, AnswerFindings findings)
    {
        reader.Read();
        if (reader.TokenType is not JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        var depth = reader.CurrentDepth;
        var (item, part) = (-1, 0);
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.CurrentDepth == depth + 1 && reader.TokenType is JsonTokenType.StartObject)
            {
                (item, part) = (item + 1, 0);
            }
            else if (reader.TokenType is JsonTokenType.PropertyName && IsText(in reader))
            {
                reader.Read();
                if (TextAt(in reader) is var (start, length, isEscaped))
                {
                    findings.AddText(item, part++, start, length, isEscaped);
                }
            }
        }
    }

    private static bool IsText(ref readonly Utf8JsonReader reader) =>
        JsonText.Is(in reader, "text"u8) || JsonText.Is(in reader, "refusal"u8) || JsonText.Is(in reader, "name"u8)
        || JsonText.Is(in reader, "arguments"u8) || JsonText.Is(in reader, "input"u8);
}
