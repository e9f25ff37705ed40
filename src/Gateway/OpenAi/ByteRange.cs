namespace Gateway.OpenAi;

/// <summary>A run of bytes in a request's body.</summary>
internal readonly record struct ByteRange(int Start, int Length)
{
    public int End => Start + Length;
}
