namespace Gateway.OpenAi;

/// <summary>One of the API's calls that is forwarded: its path below <c>/v1</c>, which is also its name in settings, ledger and metrics, and what makes it differ from the others.</summary>
internal sealed record ApiEndpoint(string Path)
{
    // First, since the endpoints below are made of it.
    private static readonly RequestField[] EveryCap = [RequestField.MaxTokens, RequestField.MaxCompletionTokens, RequestField.MaxOutputTokens];

    public static readonly ApiEndpoint ChatCompletions = new("chat/completions") { HasOutput = true, AsksForUsage = true, HasAzureForm = true };

    // The oldest of the calls knows only the oldest of the fields.
    public static readonly ApiEndpoint Completions = new("completions") { HasOutput = true, AsksForUsage = true, HasAzureForm = true, CapField = "max_tokens" };
    public static readonly ApiEndpoint Embeddings = new("embeddings") { HasAzureForm = true };
    public static readonly ApiEndpoint Responses = new("responses")
    {
        HasOutput = true,
        Dialect = AnswerDialect.Responses,
        CapField = "max_output_tokens",
        CapFields = [RequestField.MaxOutputTokens],
        UsagePaths = new UsagePaths(["response.usage"], ["status", "response.status"]),
        MakesIds = true,
    };

    public static readonly ApiEndpoint ResponsesCompact = Responses with { Path = "responses/compact", Family = "responses", MakesIds = false, CapFields = [], CanCap = false };
    public static readonly ApiEndpoint ResponsesInputTokens = new("responses/input_tokens") { Family = "responses", IsFree = true, Dialect = AnswerDialect.Responses };

    /// <summary>What is asked about a stored response, or done to it, by its id.</summary>
    public static readonly ApiEndpoint ResponsesById = new("responses/{id}") { Family = "responses", IsFree = true, Dialect = AnswerDialect.Responses, UsagePaths = Responses.UsagePaths };

    public static readonly ApiEndpoint Messages = new("messages")
    {
        HasOutput = true,
        Dialect = AnswerDialect.Messages,
        CapField = "max_tokens",
        CapFields = [RequestField.MaxTokens],
        UsagePaths = new UsagePaths(["message.usage"]),
        HasAnthropicErrors = true,
    };

    public static readonly ApiEndpoint MessagesCountTokens = new("messages/count_tokens") { Family = "messages", IsFree = true, HasAnthropicErrors = true };
    public static readonly ApiEndpoint Moderations = new("moderations") { DefaultModelName = "moderations", HasNoText = true };

    /// <summary>Its tokens are those of pictures: more than any model of OpenAI's bills for one (6,240 for gpt-image-1 in high quality and the largest size, and 100 for each partial image).</summary>
    public static readonly ApiEndpoint ImagesGenerations = new("images/generations") { HasOutput = true, CapFields = [], CanCap = false, OutputCeiling = 8192, DefaultModelName = "images", MakesImages = true, HasAzureForm = true };

    public static readonly ApiEndpoint ImagesEdits = new("images/edits") { Body = BodyForm.Multipart, HasOutput = true, CapFields = [], CanCap = false, OutputCeiling = 8192, DefaultModelName = "images", MakesImages = true, HasAzureForm = true };
    public static readonly ApiEndpoint ImagesVariations = new("images/variations") { Body = BodyForm.Multipart, HasOutput = true, CapFields = [], CanCap = false, OutputCeiling = 8192, DefaultModelName = "images", MakesImages = true };
    public static readonly ApiEndpoint AudioSpeech = new("audio/speech") { CapFields = [], CanCap = false, CountsCharacters = true, HasAzureForm = true };
    public static readonly ApiEndpoint AudioTranscriptions = new("audio/transcriptions") { Body = BodyForm.Multipart, Dialect = AnswerDialect.Transcripts, HasOutput = true, CapFields = [], CanCap = false, CountsAudio = true, HasAzureForm = true };
    public static readonly ApiEndpoint AudioTranslations = new("audio/translations") { Body = BodyForm.Multipart, Dialect = AnswerDialect.Transcripts, HasOutput = true, CapFields = [], CanCap = false, CountsAudio = true, HasAzureForm = true };
    public static readonly ApiEndpoint Files = new("files") { Body = BodyForm.Stored };
    public static readonly ApiEndpoint Batches = new("batches") { Body = BodyForm.Stored };
    public static readonly ApiEndpoint Realtime = new("realtime") { Body = BodyForm.Socket, HasOutput = true };

    /// <summary>Every call of the API that is forwarded, but for those that name something stored by its id.</summary>
    public static readonly IReadOnlyList<ApiEndpoint> All =
    [
        ChatCompletions, Completions, Embeddings, Responses, ResponsesCompact, ResponsesInputTokens, Messages, MessagesCountTokens, Moderations, ImagesGenerations, ImagesEdits, ImagesVariations,
        AudioSpeech, AudioTranscriptions, AudioTranslations, Files, Batches, Realtime,
    ];

    private static readonly UsagePaths ExtraUsage = new(["meta.tokens"]);

    private readonly string? _family;

    /// <summary>A call that a setting maps to a provider: nothing is known of it but that it is JSON, so it is bounded by its size and the usual length of an answer, and settled by what it reports.</summary>
    public static ApiEndpoint Extra(string path, string provider) => new(path)
    {
        ProviderName = provider,
        HasOutput = true,
        CanCap = false,
        HasNoText = true,
        UsagePaths = ExtraUsage,
    };

    /// <summary>The call by whose name settings allow this one too; its own name, but for sub-paths.</summary>
    public string Family
    {
        get => _family ?? Path;
        init => _family = value;
    }

    public BodyForm Body { get; init; }

    public AnswerDialect Dialect { get; init; }

    /// <summary>Whether its answers cost output tokens.</summary>
    public bool HasOutput { get; init; }

    /// <summary>Whether it may be billed by the characters of its text.</summary>
    public bool CountsCharacters { get; init; }

    /// <summary>Whether it may be billed by the length of its audio.</summary>
    public bool CountsAudio { get; init; }

    /// <summary>Whether a field of the request can cap its answers.</summary>
    public bool CanCap { get; init; } = true;

    /// <summary>The most that one of its answers has, where the call itself sets it; null where the model does.</summary>
    public int? OutputCeiling { get; init; }

    /// <summary>The field that caps its answers; null where each provider has its own.</summary>
    public string? CapField { get; init; }

    /// <summary>The fields that cap its answers for a caller. What caps nothing here must not lower what is reserved.</summary>
    public IReadOnlyList<RequestField> CapFields { get; init; } = EveryCap;

    /// <summary>Whether its streams tell their usage only when <c>stream_options</c> asks for it.</summary>
    public bool AsksForUsage { get; init; }

    /// <summary>Where its answers tell usage and ids, whoever the provider is; null where each provider has its own places.</summary>
    public UsagePaths? UsagePaths { get; init; }

    /// <summary>Whether its answers can be asked for later by an id, which then is the key's that made them.</summary>
    public bool MakesIds { get; init; }

    /// <summary>The provider that it goes to whatever the model; null where the model decides.</summary>
    public string? ProviderName { get; init; }

    /// <summary>Whether a usage that tells one figure alone means the input: the call has no output, or may have none.</summary>
    public bool MayBeInputAlone => !HasOutput || ProviderName is not null;

    /// <summary>Whether it counts as a request and costs nothing else.</summary>
    public bool IsFree { get; init; }

    public bool MakesImages { get; init; }

    /// <summary>Whether nothing in its answer is the text of it: then the JSON itself is what there is to read.</summary>
    public bool HasNoText { get; init; }

    /// <summary>Whether the gateway's own errors, and the limits in its headers, are told in Anthropic's form.</summary>
    public bool HasAnthropicErrors { get; init; }

    /// <summary>Whether Azure's clients call it below <c>/openai/deployments/{model}</c>.</summary>
    public bool HasAzureForm { get; init; }

    /// <summary>The name in <c>Gateway:DefaultModels</c> of the model that a body without one means; null where a body must name its model.</summary>
    public string? DefaultModelName { get; init; }
}
