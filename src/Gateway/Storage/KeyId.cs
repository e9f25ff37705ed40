namespace Gateway.Storage;

/// <summary>The id of a caller's key: <c>key_</c> and 32 hex digits. Not the secret.</summary>
internal readonly record struct KeyId(string Value)
{
    public static KeyId New(TimeProvider time) => new("key_" + Guid.CreateVersion7(time.GetUtcNow()).ToString("N"));

    public override string ToString() => Value;
}
