using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Prompts;

namespace Gateway.Proxy;

/// <summary>
/// What is said in a realtime session, for the prompt log: to each response the text of the caller's events since the response before it began, how much audio
/// there was, and what was heard in it; and the text that the response came to. Audio itself is never kept. Does nothing where nothing is to be kept.
/// </summary>
internal sealed class RealtimeWords : IDisposable
{
    private const string AudioDelta = "input_audio_buffer.append";

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly PromptKeeping _keeping;
    private readonly ApiKey _key;
    private readonly List<Exchange> _running = [];
    private Exchange? _next;
    private string? _ended;

    public RealtimeWords(PromptKeeping keeping, ApiKey key)
    {
        (_keeping, _key) = (keeping, key);
        _next = Open();
    }

    /// <summary>An event of the caller's goes upstream.</summary>
    public void Sends(string? type, ReadOnlySpan<byte> message)
    {
        if (_next is not { } next)
        {
            return;
        }

        var said = RealtimeText.Read(message);
        next.AudioBytes += said.AudioBytes;
        if (type is not AudioDelta && said.Words.Count > 0)
        {
            next.Add(type, said.Words);
        }
    }

    /// <summary>An event came from upstream.</summary>
    public void Received(string? type, ReadOnlySpan<byte> message)
    {
        if (_next is not { } next)
        {
            return;
        }

        switch (type)
        {
            case "response.created":
                next.Id = RealtimeText.Read(message).ResponseId;
                _running.Add(next);
                _next = Open();
                break;
            case "response.done":
                _ended = RealtimeText.Read(message).ResponseId;
                break;
            case "conversation.item.input_audio_transcription.completed":
                (_running is [.., var last] ? last : next).Add(type, RealtimeText.Read(message).Words);
                break;
            case "response.output_text.delta" or "response.text.delta" or "response.output_audio_transcript.delta" or "response.audio_transcript.delta"
                or "response.function_call_arguments.delta" or "response.output_item.added":
                Take(RealtimeText.Read(message), type);
                break;
        }
    }

    /// <summary>Hands in what belongs to this row: of the response that has just ended, else of the oldest that runs, else what no response answered.</summary>
    public void End(CallRecord call)
    {
        var ended = _running.Find(exchange => exchange.Id == _ended) ?? _running.FirstOrDefault() ?? _next;
        if (ended is null)
        {
            return;
        }

        if (!_running.Remove(ended))
        {
            _next = Open();
        }

        _ended = null;
        call.Capture = ended.Capture;
        _keeping.End(call, ended.ToJson());
    }

    public void Dispose()
    {
        foreach (var exchange in _running)
        {
            exchange.Capture.Dispose();
        }

        _running.Clear();
        _next?.Capture.Dispose();
        _next = null;
    }

    private Exchange? Open() => _keeping.Open(_key) is { } capture ? new Exchange(capture) : null;

    private void Take(RealtimeText text, string type)
    {
        if ((_running.Find(exchange => exchange.Id == text.ResponseId) ?? _running.LastOrDefault()) is not { } exchange)
        {
            return;
        }

        if (type is "response.output_item.added")
        {
            exchange.Capture.Append(0, AnswerChannel.FirstToolCall + text.OutputIndex, text.FunctionName);
        }
        else if (type is "response.function_call_arguments.delta")
        {
            exchange.Capture.Append(0, AnswerChannel.FirstToolCall + text.OutputIndex, text.Delta);
        }
        else
        {
            exchange.Capture.Append(text.OutputIndex, AnswerChannel.Content, text.Delta);
        }
    }

    /// <summary>What was asked of one response and what it answered.</summary>
    private sealed class Exchange(PromptCapture capture)
    {
        private readonly List<(string? Type, IReadOnlyList<(string Name, string Text)> Words)> _said = [];
        private int _room = capture.MaxRequestBytes;

        public PromptCapture Capture => capture;

        public string? Id { get; set; }

        public long AudioBytes { get; set; }

        /// <summary>The last that is taken goes beyond the room, by which the log knows that something is missing.</summary>
        public void Add(string? type, IReadOnlyList<(string Name, string Text)> words)
        {
            if (_room > 0)
            {
                _said.Add((type, [.. words.Select(word => (word.Name, word.Text[..Math.Min(word.Text.Length, capture.MaxRequestBytes)]))]));
                _room -= words.Sum(word => word.Text.Length);
            }
        }

        public ReadOnlySpan<byte> ToJson()
        {
            var output = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(output, Readable))
            {
                json.WriteStartObject();
                json.WriteStartArray("events"u8);
                foreach (var (type, words) in _said)
                {
                    json.WriteStartObject();
                    json.WriteString("type"u8, type);
                    foreach (var (name, text) in words)
                    {
                        json.WriteString(name, text);
                    }

                    json.WriteEndObject();
                }

                json.WriteEndArray();
                if (AudioBytes > 0)
                {
                    json.WriteNumber("audio_bytes"u8, AudioBytes);
                }

                json.WriteEndObject();
            }

            return output.WrittenSpan;
        }
    }
}
