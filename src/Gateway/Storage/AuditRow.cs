namespace Gateway.Storage;

/// <summary>One admin change: who, when, what, and how the object was before and after. Added to the context of the change, so both are committed or neither.</summary>
internal sealed class AuditRow
{
    private const string Prefix = "audit_";

    /// <summary>Begins with its time, so the primary key is also the order of changes.</summary>
    public required string Id { get; init; }

    public required long Time { get; init; }

    public required string Actor { get; init; }

    public required string? Address { get; init; }

    /// <summary>What was done, as <c>key.create</c>.</summary>
    public required string Action { get; init; }

    public required string ObjectType { get; init; }

    /// <summary>Null where a change concerns no single object.</summary>
    public required string? ObjectId { get; init; }

    /// <summary>A JSON object without secrets; null where there was nothing.</summary>
    public required string? Before { get; init; }

    public required string? After { get; init; }

    /// <summary>Whether the text, which may come from outside, could be a row's id.</summary>
    public static bool IsId(string text) => text.StartsWith(Prefix, StringComparison.Ordinal) && Guid.TryParseExact(text.AsSpan(Prefix.Length), "N", out _);

    /// <param name="by">Who.</param>
    /// <param name="now">When.</param>
    /// <param name="action">The object's type and a verb, as <c>key.create</c>.</param>
    /// <param name="objectId">Which one; null where it is no single one.</param>
    /// <param name="before">Its state before as a JSON object, without secrets.</param>
    /// <param name="after">Its state after.</param>
    public static AuditRow Of(ChangedBy by, DateTimeOffset now, string action, string? objectId, string? before, string? after) => new()
    {
        Id = Prefix + Guid.CreateVersion7(now).ToString("N"),
        Time = now.ToUnixTimeMilliseconds(),
        Actor = by.Actor,
        Address = by.Address,
        Action = action,
        ObjectType = action[..action.IndexOf('.', StringComparison.Ordinal)],
        ObjectId = objectId,
        Before = before,
        After = after,
    };
}
