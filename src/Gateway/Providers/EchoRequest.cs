using System.Text.Json;

namespace Gateway.Providers;

/// <summary>What the built-in model needs of a request: the texts to repeat, as places in the body, and how to repeat them. A field of the wrong type is as one left out.</summary>
internal sealed class EchoRequest
{
    private const int MaxChoices = 128;
    private const int MaxDimensions = 4096;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = 256 };

    private readonly List<List<EchoSegment>> _texts = [];

    private EchoRequest(ReadOnlyMemory<byte> body, string endpoint)
    {
        Body = body;
        Endpoint = endpoint;
    }

    public ReadOnlyMemory<byte> Body { get; }

    public string Endpoint { get; }

    public string Model { get; private set; } = "echo";

    public bool Stream { get; private set; }

    public bool IncludeUsage { get; private set; }

    public int Choices { get; private set; } = 1;

    public long? MaxTokens { get; private set; }

    public bool Base64 { get; private set; }

    public int Dimensions { get; private set; } = 8;

    /// <summary>Of a chat the last user message's text; of a completion each prompt's; of embeddings each input, as its JSON. Each in as many segments as the request has it in.</summary>
    public IReadOnlyList<IReadOnlyList<EchoSegment>> Texts => _texts;

    /// <returns>Null where the body is not a JSON object.</returns>
    public static EchoRequest? Read(ReadOnlyMemory<byte> body, string endpoint)
    {
        var request = new EchoRequest(body, endpoint);
        try
        {
            var reader = new Utf8JsonReader(body.Span, Options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = NameOf(ref reader);
                reader.Read();
                request.Take(name, ref reader);
            }
        }
        catch (JsonException)
        {
            return null;
        }

        if (request._texts.Count == 0 && endpoint != "embeddings")
        {
            request._texts.Add([]);
        }

        return request;
    }

    private void Take(string name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "model" when reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped:
                Model = reader.GetString() ?? Model;
                break;
            case "stream":
                Stream = reader.TokenType == JsonTokenType.True;
                break;
            case "stream_options" when reader.TokenType == JsonTokenType.StartObject:
                TakeStreamOptions(ref reader);
                return;
            case "n" when NumberOf(ref reader) is { } n:
                Choices = (int)Math.Clamp(n, 1, MaxChoices);
                break;
            case "max_tokens" or "max_completion_tokens" when NumberOf(ref reader) is { } cap:
                MaxTokens = Math.Min(Math.Max(cap, 0), MaxTokens ?? long.MaxValue);
                break;
            case "encoding_format":
                Base64 = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("base64"u8);
                break;
            case "dimensions" when NumberOf(ref reader) is { } dimensions:
                Dimensions = (int)Math.Clamp(dimensions, 1, MaxDimensions);
                break;
            case "messages" when Endpoint == "chat/completions" && reader.TokenType == JsonTokenType.StartArray:
                TakeMessages(ref reader);
                return;
            case "prompt" when Endpoint == "completions":
                TakePrompts(ref reader);
                return;
            case "input" when Endpoint == "embeddings":
                TakeInputs(ref reader);
                return;
        }

        reader.Skip();
    }

    private void TakeStreamOptions(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = NameOf(ref reader);
            reader.Read();
            IncludeUsage = name == "include_usage" ? reader.TokenType == JsonTokenType.True : IncludeUsage;
            reader.Skip();
        }
    }

    private void TakeMessages(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                TakeMessage(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void TakeMessage(ref Utf8JsonReader reader)
    {
        var user = false;
        List<EchoSegment> text = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = NameOf(ref reader);
            reader.Read();
            if (name == "role")
            {
                user = reader.TokenType == JsonTokenType.String && !reader.ValueIsEscaped && reader.ValueTextEquals("user"u8);
                reader.Skip();
            }
            else if (name == "content")
            {
                TakeContent(ref reader, text);
            }
            else
            {
                reader.Skip();
            }
        }

        if (user)
        {
            _texts.Clear();
            _texts.Add(text);
        }
    }

    private static void TakeContent(ref Utf8JsonReader reader, List<EchoSegment> text)
    {
        text.Clear();
        if (reader.TokenType == JsonTokenType.String)
        {
            text.Add(SegmentOf(ref reader));
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = NameOf(ref reader);
                reader.Read();
                if (name == "text" && reader.TokenType == JsonTokenType.String)
                {
                    text.Add(SegmentOf(ref reader));
                }

                reader.Skip();
            }
        }
    }

    private void TakePrompts(ref Utf8JsonReader reader)
    {
        _texts.Clear();
        if (reader.TokenType == JsonTokenType.String)
        {
            _texts.Add([SegmentOf(ref reader)]);
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        // Prompts of token ids have no text here: they are answered with an empty one.
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                _texts.Add([SegmentOf(ref reader)]);
            }
            else if (reader.TokenType == JsonTokenType.StartArray)
            {
                _texts.Add([]);
            }

            reader.Skip();
        }
    }

    private void TakeInputs(ref Utf8JsonReader reader)
    {
        _texts.Clear();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            _texts.Add([JsonOf(ref reader)]);
            return;
        }

        var start = (int)reader.TokenStartIndex;
        var numbers = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            numbers |= reader.TokenType == JsonTokenType.Number;
            if (!numbers)
            {
                _texts.Add([JsonOf(ref reader)]);
            }
            else
            {
                reader.Skip();
            }
        }

        if (numbers)
        {
            _texts.Clear();
            _texts.Add([new EchoSegment(start, (int)reader.BytesConsumed - start, false)]);
        }
    }

    /// <summary>The place of a whole JSON value.</summary>
    private static EchoSegment JsonOf(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return new EchoSegment(start, (int)reader.BytesConsumed - start, false);
    }

    private static EchoSegment SegmentOf(ref Utf8JsonReader reader) =>
        new((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length, reader.ValueIsEscaped);

    // An escaped name could hold half a surrogate pair, which GetString throws on; none that is looked for here needs escapes.
    private static string NameOf(ref Utf8JsonReader reader) => reader.ValueIsEscaped || reader.ValueSpan.Length > 32 ? "" : reader.GetString() ?? "";

    private static long? NumberOf(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) ? number : null;
}
