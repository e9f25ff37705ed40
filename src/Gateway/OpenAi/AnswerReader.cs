using System.Text;

namespace Gateway.OpenAi;

/// <summary>
/// Watches one answer's bytes on their way to the caller: finds the usage, hands the answer's text to whoever counts it, and leaves the usage-only chunk
/// out where the caller did not ask for it. Memory is bounded whatever the answer's size. Not thread-safe: one answer, one reader.
/// </summary>
internal sealed class AnswerReader : IDisposable
{
    /// <summary>How much of a body without usage is kept for the sake of its text.</summary>
    public const int MaxKeptBody = 1 << 20;

    private readonly AnswerForm _form;
    private readonly bool _countsAudio;
    private readonly UsageReader _usage;
    private readonly AnswerMarks _marks = new();
    private readonly AnswerTextSink? _keeper;
    private readonly AnswerTextSink? _both;
    private readonly AnswerParser _parser;
    private readonly SseScanner? _events;
    private readonly UsageChunkFilter? _filter;
    private readonly JsonFieldScanner? _body;
    private readonly PictureScanner? _pictures;
    private readonly AnswerTextSink? _jsonKeeper;
    private readonly bool _makesSpeech;
    private PooledBytes _keptBody;
    private bool _keptBodyIsCut;
    private bool _completed;
    private double? _duration;
    private bool _toldId;

    /// <param name="endpoint">The call that is answered.</param>
    /// <param name="form">How the body is to be read.</param>
    /// <param name="leaveOutUsageChunk">Whether the usage-only chunk is kept from the caller; only streams of calls that ask for usage have one.</param>
    /// <param name="usagePaths">Where this provider puts usage.</param>
    /// <param name="sink">Takes the answer's text to count it: that of a body only where it has no usage. Null when nobody wants it.</param>
    /// <param name="keeper">Takes the answer's text to keep it, usage or not; null when nobody does.</param>
    public AnswerReader(ApiEndpoint endpoint, AnswerForm form, bool leaveOutUsageChunk, UsagePaths usagePaths, AnswerTextSink? sink, AnswerTextSink? keeper = null)
    {
        _form = form;
        _countsAudio = endpoint.CountsAudio;
        // Pictures and what is no text at all are kept in other words, or as they are.
        _pictures = endpoint.MakesImages && keeper is not null ? new PictureScanner(keeper) : null;
        _makesSpeech = endpoint.CountsCharacters;
        _jsonKeeper = endpoint.HasNoText && form is AnswerForm.Json ? keeper : null;
        _keeper = _jsonKeeper is null && _pictures is null ? keeper : null;
        _both = endpoint.MakesImages ? null : sink + _keeper;
        _usage = new UsageReader(endpoint);
        _parser = new AnswerParser(usagePaths, endpoint, collectText: _both is not null);
        if (form is AnswerForm.EventStream)
        {
            _events = new SseScanner { Oversized = () => new JsonFieldScanner(usagePaths, _usage, _marks) };
            _filter = leaveOutUsageChunk && endpoint.AsksForUsage ? new UsageChunkFilter() : null;
        }
        else if (form is AnswerForm.Json)
        {
            _body = new JsonFieldScanner(usagePaths, _usage, _marks);
        }
    }

    /// <summary>The last valid usage that the provider reported; null while there is none.</summary>
    public TokenUsage? Usage => _usage.Usage;

    /// <summary>How long the audio was, in seconds, where the answer tells.</summary>
    public double? AudioSeconds => _usage.AudioSeconds ?? _duration;

    /// <summary>The prompt's usage where the provider reports it before the answer, and so far nothing else; null where it does not.</summary>
    public TokenUsage? PromptUsage => _usage.PromptUsage;

    /// <summary>Takes the id that the provider gave the answer, once; the bytes with it are to be passed on when the task has ended. Null when nobody wants it.</summary>
    public Func<string, Task>? IdSink { get; init; }

    /// <summary>What the bytes seen last have to wait for.</summary>
    public Task IdTaken { get; private set; } = Task.CompletedTask;

    /// <summary>How far the answer says that it has come, where its dialect has such a word.</summary>
    public string? Status => _marks.Status;

    /// <summary>True when a reported usage could not be believed and was passed over.</summary>
    public bool IgnoredInvalidUsage => _usage.IgnoredInvalid;

    /// <summary>The id that the provider gave the answer; null while none came.</summary>
    public string? AnswerId => _parser.AnswerId ?? _body?.FoundId ?? _events?.OversizedId;

    /// <summary>How many events were too large to be looked into: their text and usage are not known.</summary>
    public int EventsGivenUp => _events?.EventsGivenUp ?? 0;

    /// <summary>How many events or bodies were not valid JSON.</summary>
    public int BrokenObjects { get; private set; }

    /// <summary>True when a body was longer than what is kept of it, so that the text handed over is only its beginning.</summary>
    public bool TextIsPartial { get; private set; }

    /// <summary>True when the answer told of an error, with a 200 as likely as not.</summary>
    public bool SawError { get; private set; }

    public bool SawDone { get; private set; }

    /// <summary>True when a choice had a <c>finish_reason</c>. Of a body with usage it is not read.</summary>
    public bool SawFinishReason { get; private set; }

    /// <summary>True when a JSON body was closed by its last brace.</summary>
    public bool IsBodyComplete => _body?.IsComplete ?? false;

    public long BytesSeen { get; private set; }

    /// <summary>True when bytes may be left out, so that a length announced by the provider says nothing.</summary>
    public bool ChangesLength => _filter is not null;

    /// <summary>True while bytes that are to be passed on wait for room; they come before anything else is read.</summary>
    public bool HasWaiting => _filter?.HasWaiting ?? false;

    public int TakeWaiting(Span<byte> destination) => _filter?.TakeWaiting(destination) ?? 0;

    /// <summary>Looks at the chunk that lies at the buffer's front.</summary>
    /// <returns>How many bytes at the buffer's front are now to be passed on. Further ones may be waiting.</returns>
    public int Pass(Span<byte> buffer, int count)
    {
        BytesSeen += count;
        _pictures?.Read(buffer[..count]);
        switch (_form)
        {
            case AnswerForm.EventStream when _events is not null:
                ReadEvents(_events, buffer[..count]);
                TellId();
                return _filter?.EndChunk(buffer, count, _events.Data(default)) ?? count;
            case AnswerForm.Json:
                ReadBody(buffer[..count]);
                TellId();
                return count;
            case AnswerForm.Text:
                _both?.Invoke(0, AnswerChannel.Content, buffer[..count]);
                return count;
            default:
                return count;
        }
    }

    /// <summary>Call when <see cref="Pass"/> or <see cref="Complete"/> threw: everything that is held is passed on, and nothing may be shown to this reader any more.</summary>
    public int GiveUp(Span<byte> buffer, int count)
    {
        _completed = true;
        return _filter?.GiveUp(buffer, count) ?? count;
    }

    /// <summary>
    /// The answer has ended, by itself or broken off. An event whose empty line is missing counts if it is complete JSON, and is passed on unless it is the
    /// usage-only chunk; the text of a body is handed over now, if there was no usage. What is still to be passed on is waiting afterwards. Safe to call twice.
    /// </summary>
    public void Complete()
    {
        if (_completed)
        {
            return;
        }

        _completed = true;
        if (_makesSpeech && BytesSeen > 0)
        {
            _keeper?.Invoke(0, AnswerChannel.Content, Encoding.UTF8.GetBytes($"[audio: {BytesSeen} bytes]"));
        }

        if (_events is not null)
        {
            var isUsageOnly = _events.HasData && ReadEvent(_events, default);
            _filter?.EndEvent(isUsageOnly, default, 0);
        }
        else if (_form is AnswerForm.Json && (Usage is null ? _both : _keeper) is { } sink)
        {
            var facts = _parser.ParseCutOff(_keptBody.Span);
            SawFinishReason |= facts.HasFinishReason;
            TextIsPartial = _keptBodyIsCut;
            _duration = _countsAudio ? AudioDuration.Find(_keptBody.Span) : null;
            _parser.Deliver(_keptBody.Span, _usage, _marks, sink);
        }

        BrokenObjects += _form is AnswerForm.Json && !IsBodyComplete ? 1 : 0;
        _keptBody.Clear();
    }

    public void Dispose()
    {
        _events?.Dispose();
        _filter?.Dispose();
        _pictures?.Dispose();
        _body?.Dispose();
        _keptBody.Clear();
    }

    private void TellId()
    {
        if (!_toldId && AnswerId is { } id)
        {
            _toldId = true;
            IdTaken = IdSink?.Invoke(id) ?? IdTaken;
        }
    }

    private void ReadEvents(SseScanner events, ReadOnlySpan<byte> chunk)
    {
        var position = 0;
        var start = 0;
        while (events.Read(chunk, ref position, out var piece))
        {
            _filter?.Take(piece, chunk, start, position);
            if (piece is SsePiece.EventEnd)
            {
                var isUsageOnly = ReadEvent(events, chunk);
                _filter?.EndEvent(isUsageOnly, chunk, position);
            }

            start = position;
        }

        events.EndChunk(chunk);
    }

    /// <returns>True for the usage-only chunk.</returns>
    private bool ReadEvent(SseScanner events, ReadOnlySpan<byte> chunk)
    {
        SawError |= events.IsErrorEvent;
        var data = events.Data(chunk);
        if (data.IsEmpty || data[0] != '{')
        {
            data = data.Trim(" \t\r\n"u8);
            SawDone |= data.SequenceEqual("[DONE]"u8);
            if (data.IsEmpty || data[0] != '{')
            {
                return false;
            }
        }

        var facts = _parser.Parse(data);
        if (!facts.IsValid)
        {
            BrokenObjects++;
            return false;
        }

        SawError |= facts.HasError;
        SawFinishReason |= facts.HasFinishReason;
        _parser.Deliver(data, _usage, _marks, _both);
        return facts.IsUsageOnly && !events.IsErrorEvent;
    }

    private void ReadBody(ReadOnlySpan<byte> chunk)
    {
        _body?.Read(chunk);
        SawError |= _body?.HasError ?? false;
        _jsonKeeper?.Invoke(0, AnswerChannel.Content, chunk);
        if (_both is null)
        {
            return;
        }

        if (Usage is not null && _keeper is null)
        {
            _keptBody.Clear();
            return;
        }

        var room = MaxKeptBody - _keptBody.Count;
        _keptBodyIsCut |= chunk.Length > room;
        _keptBody.Append(chunk[..Math.Min(room, chunk.Length)]);
    }
}
