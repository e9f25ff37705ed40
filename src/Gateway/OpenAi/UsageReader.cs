using System.Text.Json;

namespace Gateway.OpenAi;

/// <summary>
/// Reads the usage objects of one answer, in the dialects of OpenAI's API, and keeps the last valid one: where a stream repeats a running total, that is the
/// whole, and adding them up would charge many times over.
/// </summary>
internal sealed class UsageReader(ApiEndpoint endpoint)
{
    /// <summary>What JSON numbers hold exactly, and more than any call will ever use.</summary>
    private const long MaxTokens = (1L << 53) - 1;

    private Figures _messages;

    /// <summary>The last valid usage; null while none was reported.</summary>
    public TokenUsage? Usage { get; private set; }

    /// <summary>How long the audio was, in seconds, where the usage tells; null where it does not.</summary>
    public double? AudioSeconds { get; private set; }

    /// <summary>What a stream of Anthropic's reports before its answer: the prompt's usage, and nothing of the answer's. Null where no such report came.</summary>
    public TokenUsage? PromptUsage { get; private set; }

    /// <summary>True when a report could not be believed: negative, fractional, absurdly large or no object.</summary>
    public bool IgnoredInvalid { get; private set; }

    /// <summary>The usage of one of many reports that are added up, which is then forgotten; nothing where there was none.</summary>
    public TokenUsage TakeUsage()
    {
        var usage = Usage ?? default;
        Usage = null;
        return usage;
    }

    public void Ignore() => IgnoredInvalid = true;

    public void Read(ReadOnlySpan<byte> json) => Read(json, isTop: true);

    /// <param name="json">The value of a usage member, complete JSON.</param>
    /// <param name="isTop">Whether it is that of the object itself. Inside Anthropic's <c>message_start</c> it is a beginning, whose output is not yet the answer's.</param>
    public void Read(ReadOnlySpan<byte> json, bool isTop)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType is JsonTokenType.Null)
            {
                return;
            }

            if (reader.TokenType is not JsonTokenType.StartObject)
            {
                IgnoredInvalid = true;
                return;
            }

            var figures = new Figures();
            ReadFigures(ref reader, ref figures);
            if (figures.IsInvalid)
            {
                IgnoredInvalid = true;
            }
            else if (endpoint.Dialect is AnswerDialect.Messages)
            {
                Merge(figures, isTop);
            }
            else
            {
                AudioSeconds = figures.Seconds ?? AudioSeconds;
                Usage = Settle(figures) ?? Usage;
            }
        }
        catch (JsonException)
        {
            IgnoredInvalid = true;
        }
    }

    private static void ReadFigures(ref Utf8JsonReader reader, ref Figures figures)
    {
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (JsonText.Is(in reader, "prompt_tokens"u8))
            {
                figures.Input = ReadCount(ref reader, ref figures) ?? figures.Input;
            }
            else if (JsonText.Is(in reader, "completion_tokens"u8))
            {
                figures.Output = ReadCount(ref reader, ref figures) ?? figures.Output;
            }
            else if (JsonText.Is(in reader, "total_tokens"u8))
            {
                figures.Total = ReadCount(ref reader, ref figures);
            }
            else if (JsonText.Is(in reader, "input_tokens"u8))
            {
                var count = ReadCount(ref reader, ref figures);
                figures.Input ??= count;
            }
            else if (JsonText.Is(in reader, "output_tokens"u8))
            {
                var count = ReadCount(ref reader, ref figures);
                figures.Output ??= count;
            }
            else if (JsonText.Is(in reader, "prompt_tokens_details"u8) || JsonText.Is(in reader, "input_tokens_details"u8) || JsonText.Is(in reader, "input_token_details"u8))
            {
                figures.Cached = ReadDetail(ref reader, "cached_tokens"u8, ref figures) ?? figures.Cached;
            }
            else if (JsonText.Is(in reader, "completion_tokens_details"u8) || JsonText.Is(in reader, "output_tokens_details"u8) || JsonText.Is(in reader, "output_token_details"u8))
            {
                figures.Reasoning = ReadDetail(ref reader, "reasoning_tokens"u8, ref figures) ?? figures.Reasoning;
            }
            else if (JsonText.Is(in reader, "seconds"u8))
            {
                figures.Seconds = ReadSeconds(ref reader, ref figures);
            }
            else if (JsonText.Is(in reader, "prompt_cache_hit_tokens"u8))
            {
                var count = ReadCount(ref reader, ref figures);
                figures.Cached ??= count;
            }
            else if (JsonText.Is(in reader, "cache_read_input_tokens"u8))
            {
                figures.CacheRead = ReadCount(ref reader, ref figures);
            }
            else if (JsonText.Is(in reader, "cache_creation_input_tokens"u8))
            {
                figures.CacheWrite = ReadCount(ref reader, ref figures);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static long? ReadDetail(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, ref Figures figures)
    {
        long? count = null;
        reader.Read();
        if (reader.TokenType is not JsonTokenType.StartObject)
        {
            reader.Skip();
            return count;
        }

        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (JsonText.Is(in reader, name))
            {
                count = ReadCount(ref reader, ref figures);
            }
            else
            {
                reader.Skip();
            }
        }

        return count;
    }

    private static long? ReadCount(ref Utf8JsonReader reader, ref Figures figures)
    {
        reader.Read();
        if (reader.TokenType is JsonTokenType.Null)
        {
            return null;
        }

        // Some servers write whole numbers as 12.0.
        if (reader.TokenType is JsonTokenType.Number && reader.TryGetDouble(out var number)
            && number is >= 0 and <= MaxTokens && double.IsInteger(number))
        {
            return (long)number;
        }

        figures.IsInvalid = true;
        reader.Skip();
        return null;
    }

    private static double? ReadSeconds(ref Utf8JsonReader reader, ref Figures figures)
    {
        reader.Read();
        if (AudioDuration.TryRead(ref reader, out var seconds))
        {
            return seconds;
        }

        figures.IsInvalid |= reader.TokenType is not JsonTokenType.Null;
        reader.Skip();
        return null;
    }

    /// <summary>Anthropic reports in parts: each figure's last report stands. Its input is what is left beside the cached parts; here it is all of them.</summary>
    private void Merge(Figures figures, bool isTop)
    {
        _messages.Input = figures.Input ?? _messages.Input;
        _messages.CacheRead = figures.CacheRead ?? _messages.CacheRead;
        _messages.CacheWrite = figures.CacheWrite ?? _messages.CacheWrite;
        _messages.Output = figures.Output ?? _messages.Output;
        if (_messages.Input is not { } rest)
        {
            return;
        }

        var (read, write) = (_messages.CacheRead ?? 0, _messages.CacheWrite ?? 0);
        var input = rest + read + write;
        if (input + (_messages.Output ?? 0) > MaxTokens)
        {
            IgnoredInvalid = true;
        }
        else if (isTop && _messages.Output is { } output)
        {
            Usage = new TokenUsage(input, output, read, 0) { CacheWriteTokens = write };
        }
        else
        {
            PromptUsage = new TokenUsage(input, 0, read, 0) { CacheWriteTokens = write };
        }
    }

    /// <summary>Null where the report leaves open what the caller is to be charged: then it is counted here instead.</summary>
    private TokenUsage? Settle(Figures figures)
    {
        var mayBeInputAlone = endpoint.MayBeInputAlone;
        var input = figures.Input;
        var output = figures.Output;
        if (endpoint.CountsAudio && figures.Seconds is not null && input is null && output is null && figures.Total is null)
        {
            // Billed by the length of its audio alone.
            return default(TokenUsage);
        }

        // Embeddings have no completion, and some servers report only their total; others leave out a figure that is zero.
        input ??= mayBeInputAlone && output is null ? figures.Total : Difference(figures.Total, output);
        output ??= mayBeInputAlone ? 0 : Difference(figures.Total, input);
        if (input is not { } inputTokens || output is not { } outputTokens)
        {
            return null;
        }

        var reasoning = figures.Reasoning ?? 0;
        if (reasoning > 0 && figures.Total == inputTokens + outputTokens + reasoning)
        {
            // xAI reports reasoning beside the completion; everybody else inside it. The total tells which.
            outputTokens += reasoning;
        }

        return new TokenUsage(inputTokens, outputTokens, Math.Min(figures.Cached ?? 0, inputTokens), Math.Min(reasoning, outputTokens));
    }

    private static long? Difference(long? total, long? part) => total is { } t && part is { } p && t >= p ? t - p : null;

    private struct Figures
    {
        public long? Input;
        public long? Output;
        public long? Total;
        public long? Cached;
        public long? Reasoning;
        public double? Seconds;
        public long? CacheRead;
        public long? CacheWrite;
        public bool IsInvalid;
    }
}
