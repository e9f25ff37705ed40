namespace Gateway.Bench.Candidates;

/// <summary>Eight hard limits of every kind of window, four of a key and four of its team, that no run reaches: what is measured is the counting.</summary>
internal static class FarLimits
{
    private const long Far = 1_000_000_000_000;
    private const long FarDollars = 1_000_000_000;
    private const long FarAtOnce = 1_000_000;

    public static IReadOnlyList<object> OfKey { get; } =
    [
        new { unit = "tokens", limit = Far, per = "minute" },
        new { unit = "requests", limit = Far, per = "minute" },
        new { unit = "tokens", limit = Far, per = "day" },
        new { unit = "concurrent", limit = FarAtOnce },
    ];

    public static IReadOnlyList<object> OfTeam { get; } =
    [
        new { unit = "tokens", limit = Far, per = "minute" },
        new { unit = "requests", limit = Far, per = "hour" },
        new { unit = "tokens", limit = Far, per = "month" },
        new { unit = "usd", limit = FarDollars, per = "month" },
    ];
}
