namespace Gateway.Storage;

/// <summary>The id of a caller's key: <c>key_</c> and 32 hex digits. Not the secret.</summary>
internal readonly record struct KeyId(string Value)
{
    private const string Prefix = "key_";

    /// <summary>Whether the text, which may come from outside, could be an id at all.</summary>
    public bool IsWellFormed => Value.StartsWith(Prefix, StringComparison.Ordinal) && Guid.TryParseExact(Value.AsSpan(Prefix.Length), "N", out _);

    public static KeyId New(TimeProvider time) => new(Prefix + Guid.CreateVersion7(time.GetUtcNow()).ToString("N"));

    public override string ToString() => Value;
}
