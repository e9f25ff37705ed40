using Gateway.Storage;

namespace Gateway.Ledger;

/// <summary>One row of usage.</summary>
/// <param name="Groups">What it is for, in the order asked: an id or a name, empty for none; a date; an hour's begin as RFC 3339.</param>
/// <param name="Figures">The sums.</param>
internal sealed record UsageRow(IReadOnlyList<string> Groups, UsageFigures Figures);
