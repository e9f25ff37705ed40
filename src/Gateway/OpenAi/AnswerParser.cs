using System.Text.Json;
using static Gateway.OpenAi.UsagePaths;

namespace Gateway.OpenAi;

/// <summary>
/// Reads one complete JSON object of an answer in one pass: its text, its usage and what it is. What it finds is noted as places in the JSON and handed
/// over by <see cref="Deliver"/>, so that nothing of an object that turns out to be broken counts.
/// </summary>
internal sealed class AnswerParser(UsagePaths paths, ApiEndpoint endpoint, bool collectText)
{
    private const int MaxIndex = 1 << 20;
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 256 };

    private readonly AnswerFindings _findings = new();

    /// <summary>Reads the text of the dialects that have no <c>choices</c>; null where it is not wanted or stands in choices.</summary>
    private readonly DialectText? _text = collectText ? DialectText.Of(endpoint.Dialect) : null;
    private int _choice;
    private ChoicesShape _choices;
    private bool _hasUsageObject;
    private bool _usageIsNoObject;
    private bool _hasError;
    private bool _hasFinishReason;
    private int? _awaitedChannel;

    /// <summary>The first id that any of the objects had.</summary>
    public string? AnswerId { get; private set; }

    public AnswerFacts Parse(ReadOnlySpan<byte> json)
    {
        Begin();
        var reader = new Utf8JsonReader(json, Options);
        try
        {
            ReadAll(ref reader);
            return Facts(isValid: true);
        }
        catch (JsonException)
        {
            _findings.Clear();
            return default;
        }
    }

    /// <summary>The same for JSON whose end is missing: what was found before counts, and the beginning of the text in which it breaks off.</summary>
    public AnswerFacts ParseCutOff(ReadOnlySpan<byte> json)
    {
        Begin();
        var reader = new Utf8JsonReader(json, Options);
        try
        {
            ReadAll(ref reader);
            return Facts(isValid: true);
        }
        catch (JsonException)
        {
            var start = (int)reader.BytesConsumed;
            start += json[start..].IndexOfAnyExcept(" \t\r\n"u8) is var blank and > 0 ? blank : 0;
            if (_awaitedChannel is { } channel && start < json.Length && json[start] == '"')
            {
                var text = JsonText.UpToQuote(json[(start + 1)..]);
                _findings.AddText(_choice, channel, start + 1, JsonText.WithoutPartialCharacter(text).Length, isEscaped: true);
            }

            return Facts(isValid: false);
        }
    }

    /// <summary>Hands over what the last parse found in the same JSON.</summary>
    public void Deliver(ReadOnlySpan<byte> json, UsageReader usage, AnswerMarks marks, AnswerTextSink? sink) => _findings.Deliver(json, usage, marks, sink);

    private void Begin()
    {
        _findings.Clear();
        _text?.Begin();
        _choice = 0;
        _choices = ChoicesShape.Absent;
        _hasUsageObject = false;
        _usageIsNoObject = false;
        _hasError = false;
        _hasFinishReason = false;
        _awaitedChannel = null;
    }

    private AnswerFacts Facts(bool isValid) => new(isValid, _choices, _hasUsageObject && !_usageIsNoObject, _hasError, _hasFinishReason);

    private void ReadAll(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType is JsonTokenType.StartObject)
        {
            ReadMembers(ref reader, Root);
            _text?.End(_findings);
        }

        // Anything behind the object makes the whole invalid: the reader throws.
        while (reader.Read())
        {
        }
    }

    private void ReadMembers(ref Utf8JsonReader reader, int parent)
    {
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var member = paths.Find(parent, in reader);
            if (member == None)
            {
                if (parent != Root || _text?.Read(ref reader, _findings) is not true)
                {
                    reader.Skip();
                }

                continue;
            }

            reader.Read();
            switch (paths.KindOf(member))
            {
                case MemberKind.Branch when reader.TokenType is JsonTokenType.StartObject:
                    ReadMembers(ref reader, member);
                    break;
                case MemberKind.Choices:
                    ReadChoices(ref reader);
                    break;
                case MemberKind.Error:
                    _hasError |= reader.TokenType is not JsonTokenType.Null;
                    reader.Skip();
                    break;
                case MemberKind.Id:
                    ReadId(ref reader);
                    break;
                case MemberKind.Usage:
                    ReadUsage(ref reader, paths.IsTopUsage(member));
                    break;
                case MemberKind.Status when reader.TokenType is JsonTokenType.String:
                    _findings.AddStatus((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private void ReadId(ref Utf8JsonReader reader)
    {
        if (AnswerId is null && reader.TokenType is JsonTokenType.String)
        {
            AnswerId = OpenAi.AnswerId.Read(reader.ValueSpan);
        }

        reader.Skip();
    }

    private void ReadUsage(ref Utf8JsonReader reader, bool isTop)
    {
        var isObject = reader.TokenType is JsonTokenType.StartObject;
        if (isTop)
        {
            _hasUsageObject |= isObject;
            _usageIsNoObject |= !isObject;
        }

        if (reader.TokenType is not JsonTokenType.Null)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            _findings.AddUsage(start, (int)reader.BytesConsumed - start, isTop);
        }
    }

    private void ReadChoices(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not JsonTokenType.StartArray)
        {
            _choices = ChoicesShape.Filled;
            reader.Skip();
            return;
        }

        var position = 0;
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
        {
            if (reader.TokenType is JsonTokenType.StartObject)
            {
                ReadChoice(ref reader, position);
            }
            else
            {
                reader.Skip();
            }

            position++;
        }

        _choices = position > 0 || _choices is ChoicesShape.Filled ? ChoicesShape.Filled : ChoicesShape.Empty;
    }

    private void ReadChoice(ref Utf8JsonReader reader, int position)
    {
        var first = _findings.Count;
        _choice = position;
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (JsonText.Is(in reader, "index"u8))
            {
                _choice = ReadIndex(ref reader) ?? _choice;
            }
            else if (JsonText.Is(in reader, "delta"u8) || JsonText.Is(in reader, "message"u8))
            {
                ReadMessage(ref reader);
            }
            else if (JsonText.Is(in reader, "text"u8))
            {
                ReadText(ref reader, AnswerChannel.Content);
            }
            else if (JsonText.Is(in reader, "finish_reason"u8))
            {
                reader.Read();
                _hasFinishReason |= reader.TokenType is JsonTokenType.String;
                reader.Skip();
            }
            else
            {
                reader.Skip();
            }
        }

        // The index may have come after the text.
        _findings.SetChoice(first, _choice);
    }

    private void ReadMessage(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType is not JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        var hasReasoning = false;
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (JsonText.Is(in reader, "content"u8))
            {
                ReadContent(ref reader);
            }
            else if (JsonText.Is(in reader, "reasoning_content"u8) || JsonText.Is(in reader, "reasoning"u8))
            {
                // Some servers send the same text under both names: it counts once.
                hasReasoning |= ReadText(ref reader, hasReasoning ? null : AnswerChannel.Reasoning);
            }
            else if (JsonText.Is(in reader, "refusal"u8))
            {
                ReadText(ref reader, AnswerChannel.Refusal);
            }
            else if (JsonText.Is(in reader, "tool_calls"u8))
            {
                ReadToolCalls(ref reader);
            }
            else if (JsonText.Is(in reader, "function_call"u8))
            {
                ReadFunction(ref reader, AnswerChannel.FunctionCall);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    /// <summary>Content is a string, or with some providers a list of parts of which those with a <c>text</c> count.</summary>
    private void ReadContent(ref Utf8JsonReader reader)
    {
        ReadText(ref reader, AnswerChannel.Content, skipOthers: false);
        if (reader.TokenType is not JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        var end = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > end)
        {
            if (reader.TokenType is JsonTokenType.PropertyName && JsonText.Is(in reader, "text"u8))
            {
                ReadText(ref reader, AnswerChannel.Content);
            }
        }
    }

    private void ReadToolCalls(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType is not JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        for (var position = 0; reader.Read() && reader.TokenType is not JsonTokenType.EndArray; position++)
        {
            if (reader.TokenType is JsonTokenType.StartObject)
            {
                ReadToolCall(ref reader, position);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void ReadToolCall(ref Utf8JsonReader reader, int position)
    {
        var first = _findings.Count;
        var index = position;
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (JsonText.Is(in reader, "index"u8))
            {
                index = ReadIndex(ref reader) ?? index;
            }
            else if (JsonText.Is(in reader, "function"u8) || JsonText.Is(in reader, "custom"u8))
            {
                ReadFunction(ref reader, AnswerChannel.FirstToolCall + index);
            }
            else
            {
                reader.Skip();
            }
        }

        _findings.SetChannel(first, AnswerChannel.FirstToolCall + index);
    }

    private void ReadFunction(ref Utf8JsonReader reader, int channel)
    {
        reader.Read();
        if (reader.TokenType is not JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isText = JsonText.Is(in reader, "arguments"u8) || JsonText.Is(in reader, "name"u8) || JsonText.Is(in reader, "input"u8);
            ReadText(ref reader, isText ? channel : null);
        }
    }

    /// <returns>True when there was text.</returns>
    private bool ReadText(ref Utf8JsonReader reader, int? channel, bool skipOthers = true)
    {
        _awaitedChannel = collectText ? channel : null;
        reader.Read();
        _awaitedChannel = null;
        if (reader.TokenType is not JsonTokenType.String)
        {
            if (skipOthers)
            {
                reader.Skip();
            }

            return false;
        }

        var value = reader.ValueSpan;
        if (collectText && channel is { } wanted && !value.IsEmpty)
        {
            _findings.AddText(_choice, wanted, (int)reader.TokenStartIndex + 1, value.Length, reader.ValueIsEscaped);
        }

        return !value.IsEmpty;
    }

    private static int? ReadIndex(ref Utf8JsonReader reader)
    {
        reader.Read();
        int? index = reader.TokenType is JsonTokenType.Number && reader.TryGetInt32(out var number) && number is >= 0 and <= MaxIndex ? number : null;
        reader.Skip();
        return index;
    }
}
