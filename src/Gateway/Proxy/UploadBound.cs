using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Tokens;

namespace Gateway.Proxy;

/// <summary>The most that an upload can use, by its bytes; and what is charged where the provider does not tell what it used.</summary>
/// <param name="TextBytes">Bytes of all text fields: no more tokens than that.</param>
/// <param name="Pictures">Files that are pictures.</param>
/// <param name="LongestAudio">The longest that its audio can be.</param>
/// <param name="EstimatedAudio">About how long it is.</param>
/// <param name="OutputTokens">The most of one answer.</param>
/// <param name="IsBilledByTokens">Whether any target bills it by tokens.</param>
/// <param name="Prices">What it costs, target by target.</param>
/// <param name="MakesImages">Whether its answers are pictures.</param>
internal sealed record UploadBound(
    long TextBytes, int Pictures, TimeSpan LongestAudio, TimeSpan EstimatedAudio, long OutputTokens, bool IsBilledByTokens, IReadOnlyList<Price> Prices, bool MakesImages)
{
    /// <summary>What begins a prompt, whatever it is.</summary>
    private const int Frame = 16;

    /// <summary>What is charged for a picture that is put in, where the provider does not tell: one of 1,024 x 1,024 in high detail.</summary>
    private const int PictureTokens = 765;

    public static UploadBound Of(UploadForm form, ApiEndpoint endpoint, ModelRoute ways, int defaultOutput) => new(
        form.TextBytes,
            endpoint.CountsAudio ? 0 : form.Files,
            endpoint.CountsAudio ? AudioLength.Bound(form.FileBytes, form.FileHead) : default,
            endpoint.CountsAudio ? AudioLength.Estimate(form.FileBytes, form.FileHead) : default,
            ways.Targets.Max(target => target.MaxOutputTokens ?? endpoint.OutputCeiling ?? defaultOutput),
            ways.Targets.Any(target => CountsTokens(target.Price)),
            Admittance.PricesOf(ways),
            endpoint.MakesImages);

    /// <summary>False where a model has a price for minutes, images or characters, and none for tokens: then it has no tokens either.</summary>
    public static bool CountsTokens(Price? price) => !(price is { Input: 0, Output: 0 } and ({ PerMinute: > 0 } or { PerImage: > 0 } or { PerMillionCharacters: > 0 }));

    public CallBudget Budget(int answers) => new(
        IsBilledByTokens ? TextBytes + Frame + ((long)Pictures * PromptBound.MediaTokens) + AudioTokens(LongestAudio) : 0, IsBilledByTokens ? OutputTokens : 0, answers, Prices)
    {
        CanCap = false,
        ImagesPerAnswer = MakesImages ? 1 : 0,
        Audio = LongestAudio,
    };

    public long CountedInput(TimeSpan audio, Price? price) => CountsTokens(price) ? (TextBytes / 4) + ((long)Pictures * PictureTokens) + AudioTokens(audio) : 0;

    private static long AudioTokens(TimeSpan audio) => (long)Math.Ceiling(audio.TotalSeconds * AudioLength.TokensPerSecond);
}
