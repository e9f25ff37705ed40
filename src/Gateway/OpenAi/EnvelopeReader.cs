using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Gateway.OpenAi;

/// <summary>The one pass over a body that fills a <see cref="RequestEnvelope"/>. Every step answers with the error it refuses with, or null.</summary>
internal ref struct EnvelopeReader(ReadOnlySpan<byte> body, ApiEndpoint endpoint, NamedModel named, Span<ulong> names)
{
    /// <summary>Longer names of top-level fields are refused, so that unescaping one needs no memory of the caller's choosing.</summary>
    public const int MaxNameBytes = 1024;

    /// <summary>No model has a longer name.</summary>
    public const int MaxModelBytes = 16 * 1024;

    /// <summary>In UTF-16 units: what the ledger keeps of a user's name.</summary>
    public const int MaxUserLength = 256;

    private Utf8JsonReader _json = new(body, BodyJson.Options);
    private NameSet _names = new(names);
    private string? _model;
    private ByteRange _modelValue;
    private int _fieldsStart;
    private bool _stream;
    private UsageSlot _usage;
    private int _choices = 1;
    private int _prompts = 1;
    private OutputCapField? _maxTokens;
    private OutputCapField? _maxCompletionTokens;
    private OutputCapField? _maxOutputTokens;
    private string? _user;
    private string? _previousResponseId;
    private string? _conversation;
    private string? _unseenInput;
    private bool _isStored = true;
    private bool _isBackground;
    private bool _hasFields;

    public Outcome<RequestEnvelope> Read()
    {
        try
        {
            if (ReadFields() is { } error)
            {
                return error;
            }
        }
        catch (JsonException e)
        {
            // Its message quotes the body; only the place is told.
            return GatewayError.InvalidJson(string.Create(CultureInfo.InvariantCulture,
                $"The body is not valid JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1} of it."));
        }

        var asked = string.IsNullOrEmpty(_model) ? named.Default : _model;
        return (named.InPath ?? asked) is not { } model
            ? GatewayError.MissingModel()
            : new RequestEnvelope
            {
                Model = model,
                ModelInBody = _model,
                NeedsModelInBody = named.InPath is not null,
                ModelValue = _modelValue.Length == 0 ? new ByteRange(_fieldsStart, 0) : _modelValue,
                HasFields = _hasFields,
                FieldsStart = _fieldsStart,
                Stream = _stream,
                Usage = _usage,
                Choices = _choices,
                Prompts = _prompts,
                MaxTokens = _maxTokens,
                MaxCompletionTokens = _maxCompletionTokens,
                MaxOutputTokens = _maxOutputTokens,
                User = _user,
                PreviousResponseId = _previousResponseId,
                Conversation = _conversation,
                UnseenInput = _unseenInput,
                IsStored = _isStored,
                IsBackground = _isBackground,
            };
    }

    private GatewayError? ReadFields()
    {
        _json.Read();
        if (_json.TokenType != JsonTokenType.StartObject)
        {
            return GatewayError.InvalidRequest("The body must be a JSON object.");
        }

        _fieldsStart = (int)_json.BytesConsumed;
        _usage = new UsageSlot(UsageSlotKind.NoOptions, new ByteRange(_fieldsStart, 0));
        Span<byte> buffer = stackalloc byte[MaxNameBytes];
        while (_json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            if (_json.ValueSpan.Length > MaxNameBytes)
            {
                return GatewayError.InvalidRequest($"A field's name is longer than the {MaxNameBytes} bytes accepted here.");
            }

            _hasFields = true;
            var name = ReadName(buffer);
            if (Take(name, ref _names) is { } wrongName)
            {
                return wrongName;
            }

            if (FieldName.FindImitated(name) is { } imitated && Means(imitated))
            {
                var written = Encoding.UTF8.GetString(name);
                return GatewayError.InvalidRequest($"The field '{written}' must be written '{imitated}'.", written);
            }

            var field = FieldName.Identify(name);
            _json.Read();
            if (ReadValue(field) is { } wrongValue)
            {
                return wrongValue;
            }
        }

        // Trailing data is found by reading on.
        _json.Read();
        return null;
    }

    private GatewayError? ReadValue(RequestField field) => field switch
    {
        RequestField.Model => ReadModel(),
        RequestField.Stream => ReadFlag("stream", out _stream),
        RequestField.StreamOptions => ReadStreamOptions(),
        RequestField.N => ReadChoices("n"),
        RequestField.BestOf when endpoint == ApiEndpoint.Completions => ReadChoices("best_of"),
        RequestField.MaxTokens when Caps(field) => ReadCap("max_tokens", out _maxTokens),
        RequestField.MaxCompletionTokens when Caps(field) => ReadCap("max_completion_tokens", out _maxCompletionTokens),
        RequestField.MaxOutputTokens when Caps(field) => ReadCap("max_output_tokens", out _maxOutputTokens),
        RequestField.Prompt when endpoint == ApiEndpoint.Completions => ReadPrompts(),
        RequestField.User => ReadUser(),
        RequestField.Metadata when endpoint.Dialect is AnswerDialect.Messages => ReadMetadata(),
        RequestField.PreviousResponseId when endpoint.Dialect is AnswerDialect.Responses => ReadPreviousResponse(),
        RequestField.Conversation when endpoint.Dialect is AnswerDialect.Responses => StoredItems.ReadConversation(ref _json, out _conversation),
        RequestField.Prompt when endpoint.Dialect is AnswerDialect.Responses => ReadStoredPrompt(),
        RequestField.Input when endpoint.Dialect is AnswerDialect.Responses => StoredItems.Read(ref _json, ref _unseenInput),
        RequestField.Background when endpoint.Dialect is AnswerDialect.Responses => ReadFlag("background", out _isBackground),
        RequestField.Store when endpoint.Dialect is AnswerDialect.Responses => ReadStore(),
        _ => BodyJson.Skip(ref _json),
    };

    private GatewayError? ReadModel()
    {
        if (_json.TokenType == JsonTokenType.Null)
        {
            _modelValue = BodyJson.TokenRange(ref _json);
            return null;
        }

        if (_json.TokenType != JsonTokenType.String)
        {
            return GatewayError.InvalidRequest("The field 'model' must be a string.", "model");
        }

        if (_json.ValueSpan.Length > MaxModelBytes)
        {
            return GatewayError.ModelNotFound(BodyJson.ReadText(ref _json, MaxUserLength));
        }

        _model = _json.GetString();
        _modelValue = BodyJson.TokenRange(ref _json);
        return null;
    }

    private readonly GatewayError? ReadFlag(string name, out bool flag)
    {
        flag = _json.TokenType == JsonTokenType.True;
        return flag || _json.TokenType is JsonTokenType.False or JsonTokenType.Null
            ? null
            : GatewayError.InvalidRequest($"The field '{name}' must be true or false.", name);
    }

    private GatewayError? ReadStreamOptions()
    {
        if (_json.TokenType == JsonTokenType.Null)
        {
            _usage = new UsageSlot(UsageSlotKind.NullOptions, BodyJson.TokenRange(ref _json));
            return null;
        }

        if (_json.TokenType != JsonTokenType.StartObject)
        {
            return GatewayError.InvalidRequest("The field 'stream_options' must be an object.", "stream_options");
        }

        _usage = new UsageSlot(UsageSlotKind.EmptyOptions, new ByteRange((int)_json.BytesConsumed, 0));
        var names = new NameSet(stackalloc ulong[8]);
        Span<byte> buffer = stackalloc byte[MaxNameBytes];
        while (_json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            if (_json.ValueSpan.Length > MaxNameBytes)
            {
                return GatewayError.InvalidRequest($"A field's name is longer than the {MaxNameBytes} bytes accepted here.");
            }

            var name = ReadName(buffer);
            if (Take(name, ref names) is { } wrongName)
            {
                return wrongName;
            }

            if (FieldName.ImitatesIncludeUsage(name))
            {
                return GatewayError.InvalidRequest("The field 'stream_options.include_usage' must be written in lower case.", "stream_options.include_usage");
            }

            var isUsage = name.SequenceEqual("include_usage"u8);
            _json.Read();
            if ((isUsage ? ReadIncludeUsage() : BodyJson.Skip(ref _json)) is { } wrongValue)
            {
                return wrongValue;
            }

            if (_usage.Kind == UsageSlotKind.EmptyOptions)
            {
                _usage = _usage with { Kind = UsageSlotKind.OtherOptions };
            }
        }

        return null;
    }

    private GatewayError? ReadIncludeUsage()
    {
        var error = ReadFlag("stream_options.include_usage", out var asked);
        _usage = new UsageSlot(asked ? UsageSlotKind.Asked : UsageSlotKind.NotAsked, BodyJson.TokenRange(ref _json));
        return error;
    }

    private GatewayError? ReadChoices(string name)
    {
        if (_json.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (!BodyJson.TryReadInteger(ref _json, out var count) || count is < 1 or > int.MaxValue)
        {
            return GatewayError.InvalidRequest($"The field '{name}' must be an integer of at least 1.", name);
        }

        _choices = Math.Max(_choices, (int)count);
        return null;
    }

    private GatewayError? ReadCap(string name, out OutputCapField? cap)
    {
        cap = new OutputCapField(BodyJson.TokenRange(ref _json), null);
        if (_json.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        // The old completions call takes 0 (to have only its prompt echoed and scored); the others never did.
        var least = endpoint == ApiEndpoint.Completions ? 0 : 1;
        if (!BodyJson.TryReadInteger(ref _json, out var tokens) || tokens < least || tokens > RequestEnvelope.MaxOutputCap)
        {
            return GatewayError.InvalidRequest($"The field '{name}' must be an integer of at least {least} and below 2^53.", name);
        }

        cap = new OutputCapField(BodyJson.TokenRange(ref _json), tokens);
        return null;
    }

    private GatewayError? ReadPrompts()
    {
        if (_json.TokenType != JsonTokenType.StartArray)
        {
            return BodyJson.Skip(ref _json);
        }

        var count = 0;
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            // A list of numbers is one prompt, given as its tokens.
            count += _json.TokenType == JsonTokenType.Number ? 0 : 1;
            if (BodyJson.Skip(ref _json) is { } error)
            {
                return error;
            }
        }

        _prompts = Math.Max(1, count);
        return null;
    }

    private GatewayError? ReadUser()
    {
        if (_json.TokenType != JsonTokenType.String)
        {
            return BodyJson.Skip(ref _json);
        }

        _user = BodyJson.ReadText(ref _json, MaxUserLength);
        return null;
    }

    /// <summary>Whether the field is one of this call's: what names something stored is so only where it does.</summary>
    private readonly bool Means(string field) => field switch
    {
        "conversation" or "previous_response_id" => endpoint.Dialect is AnswerDialect.Responses,
        "input_file_id" => endpoint == ApiEndpoint.Batches,
        _ => true,
    };

    private readonly bool Caps(RequestField field)
    {
        foreach (var cap in endpoint.CapFields)
        {
            if (cap == field)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Anthropic's place for the end user's name.</summary>
    private GatewayError? ReadMetadata()
    {
        if (_json.TokenType != JsonTokenType.StartObject)
        {
            return BodyJson.Skip(ref _json);
        }

        while (_json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            var isUser = _json.ValueTextEquals("user_id"u8);
            _json.Read();
            if ((isUser ? ReadUser() : BodyJson.Skip(ref _json)) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private GatewayError? ReadPreviousResponse()
    {
        if (_json.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (_json.TokenType != JsonTokenType.String || _json.ValueSpan.IsEmpty)
        {
            return GatewayError.InvalidRequest("The field 'previous_response_id' must be a string.", "previous_response_id");
        }

        _previousResponseId = BodyJson.ReadText(ref _json, MaxUserLength);
        return null;
    }

    private GatewayError? ReadStoredPrompt()
    {
        _unseenInput = _json.TokenType is JsonTokenType.Null ? _unseenInput : "prompt";
        return BodyJson.Skip(ref _json);
    }

    private GatewayError? ReadStore()
    {
        _isStored = _json.TokenType != JsonTokenType.False;
        return BodyJson.Skip(ref _json);
    }

    private readonly ReadOnlySpan<byte> ReadName(Span<byte> buffer) =>
        _json.ValueIsEscaped ? buffer[.._json.CopyString(buffer)] : _json.ValueSpan;

    private static GatewayError? Take(scoped ReadOnlySpan<byte> name, scoped ref NameSet names) =>
        names.IsFull ? GatewayError.InvalidRequest($"An object has more than the {NameSet.MaxNames} fields accepted here.")
        : names.Add(name) ? null
        : Duplicate(name);

    private static GatewayError Duplicate(ReadOnlySpan<byte> name)
    {
        var text = Encoding.UTF8.GetString(name);
        var shown = text.Length <= 128 ? text : string.Concat(text.AsSpan(0, 128), "…");
        return GatewayError.InvalidRequest($"The field '{shown}' is given more than once.", shown);
    }
}
