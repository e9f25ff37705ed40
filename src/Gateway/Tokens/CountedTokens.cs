namespace Gateway.Tokens;

/// <summary>
/// A count of tokens. Exact: every text in it was tokenized whole. Not exact: part of it was estimated by its bytes or cut
/// where no token surely ends, because it was too large, too hostile or came when too much was waiting. What is charged by a
/// stated rule and has no text (images, files) does not make a count inexact.
/// </summary>
internal readonly record struct CountedTokens(long Tokens, bool Exact)
{
    public static CountedTokens operator +(CountedTokens left, CountedTokens right) => Add(left, right);

    public static CountedTokens Add(CountedTokens left, CountedTokens right) => new(left.Tokens + right.Tokens, left.Exact && right.Exact);
}
