namespace Gateway.Ledger;

/// <summary>All rows of an answer in the order of their groups, and the span they are for; rows are null where there would be too many.</summary>
internal sealed record UsageAnswer(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<UsageRow>? Rows);
