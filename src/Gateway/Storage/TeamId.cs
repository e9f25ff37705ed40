namespace Gateway.Storage;

/// <summary>The id of a team: <c>team_</c> and 32 hex digits.</summary>
internal readonly record struct TeamId(string Value)
{
    private const string Prefix = "team_";

    /// <summary>Whether the text, which may come from outside, could be an id at all.</summary>
    public bool IsWellFormed => Value.StartsWith(Prefix, StringComparison.Ordinal) && Guid.TryParseExact(Value.AsSpan(Prefix.Length), "N", out _);

    public static TeamId New(TimeProvider time) => new(Prefix + Guid.CreateVersion7(time.GetUtcNow()).ToString("N"));

    public override string ToString() => Value;
}
