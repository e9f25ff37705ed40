namespace Gateway.Console.Playground;

/// <summary>The playground as a browser's tab keeps it over a reload. Nowhere else: what is said there is the reader's own.</summary>
internal sealed record KeptChat(IReadOnlyList<KeptColumn> Columns, ChatParameters Parameters);
