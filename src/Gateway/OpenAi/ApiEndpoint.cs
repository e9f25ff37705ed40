namespace Gateway.OpenAi;

/// <summary>One of the API's calls that is forwarded: its path below <c>/v1</c>, which is also its name in settings, ledger and metrics, and what makes it differ from the others.</summary>
internal sealed record ApiEndpoint(string Path)
{
    public static readonly ApiEndpoint ChatCompletions = new("chat/completions") { HasOutput = true };
    public static readonly ApiEndpoint Completions = new("completions") { HasOutput = true };
    public static readonly ApiEndpoint Embeddings = new("embeddings");
    public static readonly ApiEndpoint AudioSpeech = new("audio/speech") { CountsCharacters = true };
    public static readonly ApiEndpoint AudioTranscriptions = new("audio/transcriptions") { Body = BodyForm.Multipart, HasOutput = true, CountsAudio = true };
    public static readonly ApiEndpoint AudioTranslations = new("audio/translations") { Body = BodyForm.Multipart, HasOutput = true, CountsAudio = true };

    /// <summary>The tokens of pictures: more than any model of OpenAI's bills for one (6,240 for gpt-image-1 in high quality and the largest size, and 100 for each partial image).</summary>
    public static readonly ApiEndpoint ImagesEdits = new("images/edits") { Body = BodyForm.Multipart, HasOutput = true, OutputCeiling = 8192, DefaultModelName = "images", MakesImages = true };
    public static readonly ApiEndpoint ImagesVariations = new("images/variations") { Body = BodyForm.Multipart, HasOutput = true, OutputCeiling = 8192, DefaultModelName = "images", MakesImages = true };
    public static readonly ApiEndpoint Files = new("files") { Body = BodyForm.Stored };
    public static readonly ApiEndpoint Batches = new("batches") { Body = BodyForm.Stored };
    public static readonly ApiEndpoint Realtime = new("realtime") { Body = BodyForm.Socket, HasOutput = true };

    public static readonly IReadOnlyList<ApiEndpoint> All =
    [
        ChatCompletions, Completions, Embeddings,
        AudioSpeech, AudioTranscriptions, AudioTranslations, ImagesEdits, ImagesVariations, Files, Batches, Realtime,
    ];

    public BodyForm Body { get; init; }

    /// <summary>Whether its answers cost output tokens.</summary>
    public bool HasOutput { get; init; }

    /// <summary>The most that one of its answers has, where no field of the request can cap it; null where one can.</summary>
    public int? OutputCeiling { get; init; }

    public bool MakesImages { get; init; }

    /// <summary>Whether it may be billed by the characters of its text.</summary>
    public bool CountsCharacters { get; init; }

    /// <summary>Whether it may be billed by the length of its audio.</summary>
    public bool CountsAudio { get; init; }

    /// <summary>The name in <c>Gateway:DefaultModels</c> of the model that a request without one means; null where a request must name its model.</summary>
    public string? DefaultModelName { get; init; }
}
