namespace Gateway.OpenAi;

/// <summary>
/// The few fields of a request's body that the gateway acts on, and where they stand in it, so that what must change can
/// be spliced and the rest go out as it came in. A body that was read without an error is one JSON object in which each
/// of these fields means to any upstream what it means here.
/// </summary>
internal sealed record RequestEnvelope
{
    /// <summary>Deeper nesting is refused.</summary>
    public const int MaxNesting = 128;

    /// <summary>The largest cap accepted: the largest integer that every JSON reader keeps exact.</summary>
    public const long MaxOutputCap = (1L << 53) - 1;

    /// <summary>The model's name as the caller means it (unescaped): the path's, else the body's, else what a body without one means. Empty only where the call needs none.</summary>
    public required string Model { get; init; }

    /// <summary>The model's name in the body, whatever the path says; null where it has none.</summary>
    public required string? ModelInBody { get; init; }

    /// <summary>Whether the upstream needs a model in the body, and it may not stay away where the caller left it out.</summary>
    public required bool NeedsModelInBody { get; init; }

    /// <summary>The JSON string of <see cref="ModelInBody"/>, with its quotes, or the null in its place; else an empty place where the field can be put in.</summary>
    public required ByteRange ModelValue { get; init; }

    /// <summary>Whether the body has any field.</summary>
    public required bool HasFields { get; init; }

    /// <summary>The byte behind the body's opening brace, where a field can be put in front of the caller's.</summary>
    public required int FieldsStart { get; init; }

    public bool Stream { get; init; }

    /// <summary>Where the upstream can be asked for a stream's usage, and whether the caller did.</summary>
    public required UsageSlot Usage { get; init; }

    /// <summary>Whether the caller asked for usage, whatever <see cref="Stream"/> says.</summary>
    public bool UsageAsked => Usage.Kind == UsageSlotKind.Asked;

    /// <summary>How many answers are generated to each prompt: the larger of <c>n</c> and <c>best_of</c>, at least 1.</summary>
    public required int Choices { get; init; }

    /// <summary>How many prompts the body holds: on <c>completions</c> an array of texts or of token lists is that many, each with its own <see cref="Choices"/>; elsewhere 1.</summary>
    public required int Prompts { get; init; }

    public OutputCapField? MaxTokens { get; init; }

    public OutputCapField? MaxCompletionTokens { get; init; }

    public OutputCapField? MaxOutputTokens { get; init; }

    /// <summary>The largest cap that the caller gave on an answer's tokens, since which of several an upstream obeys is its own affair.</summary>
    public long? OutputCap => Larger(Larger(MaxTokens?.Tokens, MaxCompletionTokens?.Tokens), MaxOutputTokens?.Tokens);

    /// <summary>The caller's own name for the end user, cut to <see cref="EnvelopeReader.MaxUserLength"/> characters; null where it is absent or no string.</summary>
    public string? User { get; init; }

    /// <summary>The response that this one goes on from; null where it begins anew.</summary>
    public string? PreviousResponseId { get; init; }

    /// <summary>The conversation that it belongs to, which holds a history; null where there is none.</summary>
    public string? Conversation { get; init; }

    /// <summary>The field by which the provider adds to the prompt what it has stored, and nobody here knows how much that is; null where there is none.</summary>
    public string? UnseenInput { get; init; }

    /// <summary>Whether the answer may be asked for again by its id: false only where the caller says so.</summary>
    public bool IsStored { get; init; } = true;

    /// <summary>Whether the answer is made while nobody waits for it.</summary>
    public bool IsBackground { get; init; }

    /// <summary>Of a call that is about no model.</summary>
    public static readonly RequestEnvelope None = Of("", stream: false, null, 1);

    /// <summary>What is known of a call whose model is not read from JSON. Its usage is not asked for: where its streams tell it, they do so by themselves.</summary>
    public static RequestEnvelope Of(string model, bool stream, string? user, int choices) => new()
    {
        Model = model,
        ModelInBody = null,
        NeedsModelInBody = false,
        ModelValue = default,
        HasFields = false,
        FieldsStart = 0,
        Stream = stream,
        Usage = new UsageSlot(UsageSlotKind.Asked, default),
        Choices = choices,
        Prompts = 1,
        User = user,
    };

    /// <summary>Reads a body, or refuses what the contract's section 5 refuses. Allocates nothing that grows with the body.</summary>
    public static Outcome<RequestEnvelope> Read(ReadOnlySpan<byte> body, ApiEndpoint endpoint) => Read(body, endpoint, NamedModel.InBody);

    public static Outcome<RequestEnvelope> Read(ReadOnlySpan<byte> body, ApiEndpoint endpoint, NamedModel model) =>
        JsonBytes.FindFault(body) is { } fault
            ? fault
            : new EnvelopeReader(body, endpoint, model, stackalloc ulong[32]).Read();

    private static long? Larger(long? one, long? other) => one is null || other > one ? other : one;
}
