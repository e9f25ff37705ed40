namespace Gateway.Storage;

/// <summary>What a call may use or has used, as a reservation's row keeps it.</summary>
internal readonly record struct SpendFigures(long InputTokens, long OutputTokens, long Requests, long MicroDollars);
