using System.Collections.Frozen;

namespace Gateway.Quotas;

/// <summary>The words of the API for units, windows, modes and scopes, and the letters the quota script knows them by.</summary>
internal static class LimitWords
{
    public static readonly FrozenDictionary<string, LimitUnit> Units = new Dictionary<string, LimitUnit>
    {
        ["tokens"] = LimitUnit.Tokens,
        ["input_tokens"] = LimitUnit.InputTokens,
        ["output_tokens"] = LimitUnit.OutputTokens,
        ["requests"] = LimitUnit.Requests,
        ["usd"] = LimitUnit.Usd,
        ["concurrent"] = LimitUnit.Concurrent,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static readonly FrozenDictionary<string, LimitPeriod> Periods = new Dictionary<string, LimitPeriod>
    {
        ["minute"] = LimitPeriod.Minute,
        ["hour"] = LimitPeriod.Hour,
        ["day"] = LimitPeriod.Day,
        ["month"] = LimitPeriod.Month,
        ["total"] = LimitPeriod.Total,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static readonly FrozenDictionary<string, LimitMode> Modes = new Dictionary<string, LimitMode>
    {
        ["hard"] = LimitMode.Hard,
        ["soft"] = LimitMode.Soft,
        ["shadow"] = LimitMode.Shadow,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static string Of(LimitUnit unit) => unit switch
    {
        LimitUnit.Tokens => "tokens",
        LimitUnit.InputTokens => "input_tokens",
        LimitUnit.OutputTokens => "output_tokens",
        LimitUnit.Requests => "requests",
        LimitUnit.Usd => "usd",
        _ => "concurrent",
    };

    /// <summary>Null where there is no window.</summary>
    public static string? Of(LimitPeriod per) => per switch
    {
        LimitPeriod.Minute => "minute",
        LimitPeriod.Hour => "hour",
        LimitPeriod.Day => "day",
        LimitPeriod.Month => "month",
        LimitPeriod.Total => "total",
        _ => null,
    };

    public static string Of(LimitMode mode) => mode switch
    {
        LimitMode.Hard => "hard",
        LimitMode.Soft => "soft",
        _ => "shadow",
    };

    public static string Of(LimitScope scope) => scope == LimitScope.Key ? "key" : "team";

    /// <summary>Window kind, unit and mode, as quota.lua parses them.</summary>
    public static string ScriptCode(LimitPeriod per, LimitUnit unit, LimitMode mode) => string.Concat(KindCode(per), UnitCode(unit), ModeCode(mode));

    public static string KindCode(LimitPeriod per) => per switch
    {
        LimitPeriod.Minute => "M",
        LimitPeriod.Hour => "H",
        LimitPeriod.Day or LimitPeriod.Month => "B",
        LimitPeriod.Total => "T",
        _ => "C",
    };

    public static string UnitCode(LimitUnit unit) => unit switch
    {
        LimitUnit.Tokens => "t",
        LimitUnit.InputTokens => "i",
        LimitUnit.OutputTokens => "o",
        LimitUnit.Requests => "r",
        LimitUnit.Usd => "u",
        _ => "c",
    };

    private static string ModeCode(LimitMode mode) => mode switch
    {
        LimitMode.Hard => "h",
        LimitMode.Soft => "s",
        _ => "w",
    };
}
