using Gateway.Ledger;
using Gateway.Storage;

namespace Gateway.IntegrationTests.Ledger;

/// <summary>Ledger rows as calls leave them.</summary>
internal static class Rows
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    public static LedgerEntry Completed(DateTimeOffset? at = null) => new()
    {
        Id = new RequestIds(TimeProvider.System).Next(),
        Time = at ?? Noon,
        KeyId = new KeyId("key_00000000000000000000000000000001"),
        User = "user-7",
        Endpoint = "chat/completions",
        Model = "gpt-4o",
        Provider = "openai",
        UpstreamModel = "gpt-4o-2024-11-20",
        Status = 200,
        Outcome = CallOutcome.Completed,
        Stream = true,
        InputTokens = 1200,
        OutputTokens = 340,
        CachedTokens = 1024,
        ReasoningTokens = 64,
        TokenSource = TokenSource.Provider,
        Attempts = 1,
        TimeToFirstByte = TimeSpan.FromMilliseconds(321),
        Duration = TimeSpan.FromMilliseconds(4567),
        UpstreamRequestId = "req_upstream",
        CostMicros = 4_120_001,
        ReservedTokens = 2048,
        DeniedBy = new DenyingLimit("team", "usd", "month", 12.5m, "gpt-\"4*"),
    };
}
