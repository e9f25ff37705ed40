using Gateway.Ledger;

namespace Gateway.Admin;

/// <summary>Feedback as the admin API shows it.</summary>
public sealed record FeedbackView
{
    /// <summary>The call's id.</summary>
    public required string RequestId { get; init; }

    /// <summary>The id that the provider gave its answer.</summary>
    public required string? CompletionId { get; init; }

    /// <summary>When it was given.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary><c>up</c> or <c>down</c>.</summary>
    public required string Rating { get; init; }

    /// <summary>What the caller wrote, redacted like prompts.</summary>
    public required string? Comment { get; init; }

    /// <summary>The caller's key.</summary>
    public required string KeyId { get; init; }

    /// <summary>The key's team.</summary>
    public required string? TeamId { get; init; }

    /// <summary>The user that the call named.</summary>
    public required string? User { get; init; }

    /// <summary>The model that the call named.</summary>
    public required string? Model { get; init; }

    internal static FeedbackView Of(Feedback feedback) => new()
    {
        RequestId = feedback.RequestId.Value,
        CompletionId = feedback.AnswerId,
        Time = feedback.Time,
        Rating = feedback.IsUp ? "up" : "down",
        Comment = feedback.Comment,
        KeyId = feedback.KeyId.Value,
        TeamId = feedback.TeamId,
        User = feedback.User,
        Model = feedback.Model,
    };
}
