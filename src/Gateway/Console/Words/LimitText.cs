using Gateway.Quotas;

namespace Gateway.Console.Words;

/// <summary>Limits in plain words: "100,000 tokens a day, hard".</summary>
internal static class LimitText
{
    public static string Say(LimitView limit, Reader reader) => $"{Amount(limit, reader)}{Models(limit.Model)}, {limit.Mode}";

    /// <summary>Without the mode.</summary>
    public static string Amount(LimitView limit, Reader reader) => limit.Unit switch
    {
        "usd" => $"{reader.Money(limit.Limit)}{Per(limit.Per)}",
        "concurrent" => $"{reader.Number(limit.Limit)} at once",
        _ => $"{reader.Number(limit.Limit)} {Unit(limit.Unit, limit.Limit)}{Per(limit.Per)}",
    };

    public static string Figure(LimitView limit, decimal amount, Reader reader) => limit.Unit == "usd" ? reader.Money(amount) : reader.Number(amount);

    public static string Standing(LimitView limit, Reader reader)
    {
        if (limit.Used is not { } used)
        {
            return "The counters can't be asked just now.";
        }

        var reserved = limit.Reserved is { } held and > 0 ? $" · {Figure(limit, held, reader)} reserved" : "";
        return $"{Figure(limit, used, reader)} used{reserved} · {Figure(limit, limit.Remaining ?? 0, reader)} left{Resets(limit, reader)}";
    }

    public static double Share(LimitView limit) =>
        limit.Used is not { } used ? 0 : limit.Limit == 0 ? 1 : (double)Math.Clamp((used + (limit.Reserved ?? 0)) / limit.Limit, 0, 9.99m);

    private static string Resets(LimitView limit, Reader reader) => limit switch
    {
        { ResetsAt: { } at, Per: "day" or "month" } => $" · resets in {reader.Span(at - reader.Now)}",
        { Per: "minute" or "hour" } => $" · over any {limit.Per}",
        _ => "",
    };

    private static string Unit(string unit, decimal amount) => unit switch
    {
        "requests" => amount == 1 ? "request" : "requests",
        "input_tokens" => "input tokens",
        "output_tokens" => "output tokens",
        _ => "tokens",
    };

    private static string Per(string? per) => per switch
    {
        "minute" => " in any minute",
        "hour" => " in any hour",
        "day" => " a day",
        "month" => " a month",
        "total" => " in all",
        _ => "",
    };

    private static string Models(string? model) => model is null ? "" : $" for {model}";
}
