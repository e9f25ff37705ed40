using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Gateway.Telemetry;

/// <summary>
/// Calls that reached a provider, by the names of OpenTelemetry's GenAI conventions: set a of those up to 1.41, set b of those since.
/// Bounds are a part of the conventions' own: all of them would make most of a scrape, and gateway_* has the finer ones.
/// </summary>
internal sealed class GenAiMetrics
{
    private const string Operation = "gen_ai.operation.name";
    private const string Provider = "gen_ai.provider.name";
    private const string Model = "gen_ai.request.model";
    private const string TokenType = "gen_ai.token.type";
    private const string Modality = "gen_ai.token.modality";

    private static readonly double[] DurationBuckets = [.64, 2.56, 10.24, 40.96, 81.92];
    private static readonly double[] FirstTokenBuckets = [.25, 1, 2.5, 10, 60];
    private static readonly long[] TokenBuckets = [64, 1024, 16384, 262144];

    private readonly Histogram<double>? _serverDuration;
    private readonly Histogram<double>? _serverFirstToken;
    private readonly Histogram<long>? _tokenUsage;
    private readonly Histogram<double>? _duration;
    private readonly Histogram<double>? _firstChunk;
    private readonly Histogram<long>? _inputs;
    private readonly Histogram<long>? _outputs;
    private readonly Counter<long>? _inputTokens;
    private readonly Counter<long>? _outputTokens;
    private readonly Counter<long>? _cachedTokens;
    private readonly Counter<long>? _reasoningTokens;

    /// <param name="meter">The gateway's own.</param>
    /// <param name="names"><see cref="MetricsOptions.GenAi"/>.</param>
    public GenAiMetrics(Meter meter, string names)
    {
        if (names is "a" or "both")
        {
            _serverDuration = Seconds(meter, "gen_ai.server.request.duration", "How long a provider's model took for a call.", DurationBuckets);
            _serverFirstToken = Seconds(meter, "gen_ai.server.time_to_first_token", "From a streamed call to the first byte of its answer.", FirstTokenBuckets);
            _tokenUsage = Tokens(meter, "gen_ai.client.token.usage", "Tokens of a call, input and output.");
        }

        if (names is "b" or "both")
        {
            _duration = Seconds(meter, "gen_ai.client.inference.duration", "How long a provider's model took for a call.", DurationBuckets);
            _firstChunk = Seconds(meter, "gen_ai.client.inference.time_to_first_chunk", "From a streamed call to the first byte of its answer.", FirstTokenBuckets);
            _inputs = Tokens(meter, "gen_ai.client.inference.operation.input_tokens", "Input tokens of a call that succeeded.");
            _outputs = Tokens(meter, "gen_ai.client.inference.operation.output_tokens", "Output tokens of a call that succeeded.");
            _inputTokens = meter.CreateCounter<long>("gen_ai.client.inference.usage.input_tokens", "{token}", "Input tokens used.");
            _outputTokens = meter.CreateCounter<long>("gen_ai.client.inference.usage.output_tokens", "{token}", "Output tokens used.");
            _cachedTokens = meter.CreateCounter<long>("gen_ai.client.inference.usage.cache_read.input_tokens", "{token}", "Input tokens found in the provider's cache.");
            _reasoningTokens = meter.CreateCounter<long>("gen_ai.client.inference.usage.reasoning.output_tokens", "{token}", "Output tokens of reasoning.");
        }
    }

    /// <summary>Counts a call that reached a provider.</summary>
    /// <param name="operation">Such as <c>chat</c>.</param>
    /// <param name="provider">Who served it.</param>
    /// <param name="model">The model's name in metrics.</param>
    /// <param name="error">What went wrong, from a closed set; null where it went well.</param>
    /// <param name="duration">How long the provider took.</param>
    /// <param name="firstByte">When a stream's first byte came; null for an answer in one piece.</param>
    public void CallEnded(string operation, string provider, string model, string? error, TimeSpan duration, TimeSpan? firstByte)
    {
        TagList tags = Tags(operation, provider, model);
        if (firstByte is { } wait)
        {
            _serverFirstToken?.Record(wait.TotalSeconds, tags);
            _firstChunk?.Record(wait.TotalSeconds, tags);
        }

        if (error is not null)
        {
            tags.Add("error.type", error);
        }

        _serverDuration?.Record(duration.TotalSeconds, tags);
        _duration?.Record(duration.TotalSeconds, tags);
    }

    /// <summary>Counts what a call used; cached tokens are part of the input, reasoning tokens of the output.</summary>
    public void TokensUsed(string operation, string provider, string model, bool succeeded, long input, long output, long cached, long reasoning)
    {
        if (_tokenUsage is not null)
        {
            TagList tags = Tags(operation, provider, model);
            tags.Add(TokenType, "input");
            _tokenUsage.Record(input, tags);
            tags[^1] = new(TokenType, "output");
            _tokenUsage.Record(output, tags);
        }

        if (_inputTokens is null)
        {
            return;
        }

        TagList used = Tags(operation, provider, model);
        if (succeeded)
        {
            _inputs?.Record(input, used);
            _outputs?.Record(output, used);
        }

        used.Add(Modality, "unknown");
        _inputTokens.Add(input, used);
        _outputTokens?.Add(output, used);
        _cachedTokens?.Add(cached, used);
        _reasoningTokens?.Add(reasoning, used);
    }

    private static TagList Tags(string operation, string provider, string model) => new() { { Operation, operation }, { Provider, provider }, { Model, model } };

    private static Histogram<double> Seconds(Meter meter, string name, string description, double[] buckets) =>
        meter.CreateHistogram(name, "s", description, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });

    private static Histogram<long> Tokens(Meter meter, string name, string description) =>
        meter.CreateHistogram(name, "{token}", description, null, new InstrumentAdvice<long> { HistogramBucketBoundaries = TokenBuckets });
}
