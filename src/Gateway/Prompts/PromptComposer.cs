using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Prompts;

/// <summary>Makes of what was captured what is stored: redacted, and cut to the record's bound at a character. For one thread.</summary>
internal sealed class PromptComposer(Redactor redactor, int maxBytes)
{
    /// <summary>Ends a text that was cut.</summary>
    public const string CutMark = "…[cut]";

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly int CutMarkBytes = Encoding.UTF8.GetByteCount(CutMark);

    private readonly List<TextSpan> _found = [];
    private readonly ArrayBufferWriter<char> _prompt = new();
    private readonly ArrayBufferWriter<char> _answer = new();
    private readonly ArrayBufferWriter<byte> _json = new();
    private readonly List<(CapturedPart Part, int Start, int End, bool IsCut)> _parts = [];

    public PromptRow Compose(PromptCapture capture, CapturedCall call)
    {
        _prompt.ResetWrittenCount();
        _answer.ResetWrittenCount();
        _parts.Clear();
        var isCut = capture.LostParts;
        var promptIsCut = capture.Request is { } request && Redact(request, _prompt);
        foreach (var part in capture.Answer)
        {
            var start = _answer.WrittenCount;
            var partIsCut = Redact(part, _answer);
            _parts.Add((part, start, _answer.WrittenCount, partIsCut));
        }

        // An answer gets half of the room at least, however long the prompt is.
        var answerBytes = Encoding.UTF8.GetByteCount(_answer.WrittenSpan);
        var prompt = Cut(_prompt.WrittenSpan, maxBytes - Math.Min(answerBytes, maxBytes / 2), ref promptIsCut);
        isCut |= promptIsCut;
        return new PromptRow
        {
            Id = call.Id,
            Time = call.Time,
            KeyId = call.KeyId,
            TeamId = call.TeamId,
            User = call.User,
            State = PromptState.Kept,
            Prompt = capture.Request is null ? null : prompt,
            Answer = WriteAnswer(maxBytes - prompt.Length, ref isCut),
            IsCut = isCut,
        };
    }

    public static PromptRow Withhold(CapturedCall call) => new()
    {
        Id = call.Id,
        Time = call.Time,
        KeyId = call.KeyId,
        TeamId = call.TeamId,
        User = call.User,
        State = PromptState.Withheld,
    };

    /// <returns>Whether the text was cut when it was captured. What was captured beyond the bound is looked at and not written.</returns>
    private bool Redact(CapturedPart part, ArrayBufferWriter<char> output)
    {
        var text = ArrayPool<char>.Shared.Rent(part.Length);
        try
        {
            var length = Encoding.UTF8.GetChars(part.Text, text);
            var upTo = part.IsCut ? Encoding.UTF8.GetCharCount(part.Text[..Math.Max(0, part.Length - PromptCapture.Margin)]) : length;
            redactor.Find(text.AsSpan(0, length), _found);
            Redactor.Write(text.AsSpan(0, length), _found, upTo, output);
            return part.IsCut;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(text);
        }
    }

    private static byte[] Cut(ReadOnlySpan<char> text, int room, ref bool isCut)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        if (bytes <= room && !isCut)
        {
            return Bytes(text, "");
        }

        isCut = true;
        return Bytes(Fit(text, Math.Max(0, room - CutMarkBytes)), room >= CutMarkBytes ? CutMark : "");
    }

    private static byte[] Bytes(ReadOnlySpan<char> text, string end)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var bytes = new byte[length + Encoding.UTF8.GetByteCount(end)];
        Encoding.UTF8.GetBytes(text, bytes);
        Encoding.UTF8.GetBytes(end, bytes.AsSpan(length));
        return bytes;
    }

    /// <summary>As much of the text's beginning as fits, in whole characters.</summary>
    private static ReadOnlySpan<char> Fit(ReadOnlySpan<char> text, int room)
    {
        var length = 0;
        var bytes = 0;
        while (length < text.Length)
        {
            Rune.DecodeFromUtf16(text[length..], out var rune, out var used);
            bytes += rune.Utf8SequenceLength;
            if (bytes > room)
            {
                break;
            }

            length += used;
        }

        return text[..length];
    }

    private byte[]? WriteAnswer(int room, ref bool isCut)
    {
        if (_parts.Count == 0)
        {
            return null;
        }

        _json.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_json, Readable))
        {
            json.WriteStartArray();
            foreach (var (part, start, end, wasCut) in _parts)
            {
                var partIsCut = wasCut;
                var text = Cut(_answer.WrittenSpan[start..end], room, ref partIsCut);
                room -= text.Length;
                isCut |= partIsCut;
                json.WriteStartObject();
                json.WriteNumber("choice"u8, part.Choice);
                json.WriteString("kind"u8, AnswerText.KindOf(part.Channel));
                if (AnswerText.IndexOf(part.Channel) is { } index)
                {
                    json.WriteNumber("index"u8, index);
                }

                json.WriteString("text"u8, text);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return _json.WrittenSpan.ToArray();
    }
}
