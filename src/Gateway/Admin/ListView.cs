namespace Gateway.Admin;

/// <summary>One page of a list.</summary>
/// <param name="Data">The page's items, newest first.</param>
/// <param name="HasMore">Whether there are older ones.</param>
/// <param name="Next">The <c>after</c> of the next page; null on the last.</param>
public sealed record ListView<T>(IReadOnlyList<T> Data, bool HasMore, string? Next);
