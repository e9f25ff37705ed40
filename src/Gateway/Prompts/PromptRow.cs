using Gateway.Storage;

namespace Gateway.Prompts;

/// <summary>A record as it is stored: redacted, within its bound.</summary>
internal sealed record PromptRow
{
    public required RequestId Id { get; init; }

    public required DateTimeOffset Time { get; init; }

    public KeyId? KeyId { get; init; }

    public string? TeamId { get; init; }

    public string? User { get; init; }

    public required PromptState State { get; init; }

    /// <summary>The request's body, UTF-8.</summary>
    public byte[]? Prompt { get; init; }

    /// <summary>The answer's parts as <see cref="AnswerText"/> writes them, UTF-8.</summary>
    public byte[]? Answer { get; init; }

    /// <summary>Whether some of it was cut off.</summary>
    public bool IsCut { get; init; }

    public DateOnly Day => DayOf(Time);

    public static DateOnly DayOf(DateTimeOffset time) => DateOnly.FromDateTime(time.UtcDateTime);
}
