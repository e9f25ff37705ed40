namespace Gateway.Tokens;

/// <summary>
/// An upper bound of a prompt's tokens that costs one pass over the bytes. Every token of a byte-level encoding covers at least one byte, and JSON only
/// lengthens text, so a body's own length bounds its text; what surrounds a message in JSON is longer than what a chat template adds to it.
/// What is not text is bounded by a stated ceiling for each part.
/// </summary>
internal static class PromptBound
{
    /// <summary>
    /// For each image, file or video that a body refers to: the most that OpenAI's models count for one image in high detail
    /// (gpt-4o-mini bills 2,833 + 5,667 tokens for each of up to 8 tiles).
    /// </summary>
    public const int MediaTokens = 48_169;

    /// <summary>What begins a prompt and an answer, whatever the body.</summary>
    private const int Frame = 16;

    public static long Of(ReadOnlySpan<byte> body) => body.Length + Frame + OfMedia(body);

    /// <summary>The part of the bound that stands for images, files and videos: none of them for a body that is only text.</summary>
    public static long OfMedia(ReadOnlySpan<byte> body)
    {
        // Anthropic's parts for images and documents are told by their "source".
        long media = Count(body, "image_url\""u8) + Count(body, "input_image\""u8) + Count(body, "\"file\""u8) + Count(body, "video_url\""u8) + Count(body, "input_file\""u8)
            + Count(body, "\"source\""u8);
        return media * MediaTokens;
    }

    private static int Count(ReadOnlySpan<byte> body, ReadOnlySpan<byte> word)
    {
        var found = 0;
        for (var at = body.IndexOf(word); at >= 0; at = body.IndexOf(word))
        {
            found++;
            body = body[(at + word.Length)..];
        }

        return found;
    }
}
