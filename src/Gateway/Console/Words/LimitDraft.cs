using System.Globalization;
using Gateway.Quotas;

namespace Gateway.Console.Words;

/// <summary>A limit while somebody types it.</summary>
public sealed class LimitDraft
{
    /// <summary>As typed: 100k, 1.5M, 100,000.</summary>
    public string? Amount { get; set; } = "";

    public string Unit { get; set; } = "tokens";

    public string Per { get; set; } = "day";

    public string? Model { get; set; }

    public string Mode { get; set; } = "hard";

    /// <summary>What is wrong with it, in words; null where nothing is.</summary>
    public string? Fault => Reader.Amount(Amount) switch
    {
        null => "A number, such as 100000, 100k or 1.5M.",
        { } amount when Unit != "usd" && amount != decimal.Truncate(amount) => "A whole number; only dollars have decimals.",
        _ => LimitRules.Resolve(LimitScope.Key, "draft", [Spec]).TryGet(out _, out var error) ? null : error.Message,
    };

    public LimitSpec Spec => new()
    {
        Unit = Unit,
        Limit = Reader.Amount(Amount),
        Per = Unit == "concurrent" ? null : Per,
        Model = string.IsNullOrWhiteSpace(Model) ? null : Model.Trim(),
        Mode = Mode,
    };

    /// <summary>As it will be shown; null while it is wrong.</summary>
    public LimitView? View => Fault is null && Spec is { Unit: { } unit, Limit: { } amount } spec
        ? new LimitView { Unit = unit, Limit = amount, Per = spec.Per, Model = spec.Model, Mode = Mode, Used = null, Reserved = null, Remaining = null, ResetsAt = null }
        : null;

    public static LimitDraft Of(LimitPreset preset) => new() { Amount = preset.Amount, Unit = preset.Unit, Per = preset.Per };

    public static LimitDraft Of(LimitSpec spec) => new()
    {
        Amount = (spec.Limit ?? 0).ToString("#,##0.######", CultureInfo.InvariantCulture),
        Unit = spec.Unit ?? "tokens",
        Per = spec.Per ?? "day",
        Model = spec.Model,
        Mode = spec.Mode ?? "hard",
    };

    public bool IsLike(LimitPreset preset) => Amount == preset.Amount && Unit == preset.Unit && Per == preset.Per && string.IsNullOrEmpty(Model) && Mode == "hard";

    /// <summary>What is wrong with them all, beside what is wrong with each.</summary>
    public static string? FaultOf(IEnumerable<LimitDraft> drafts)
    {
        List<LimitDraft> all = [.. drafts];
        return all.Find(draft => draft.Fault is not null)?.Fault
            ?? (LimitRules.Resolve(LimitScope.Key, "draft", [.. all.Select(draft => draft.Spec)]).TryGet(out _, out var error) ? null : error.Message);
    }
}
