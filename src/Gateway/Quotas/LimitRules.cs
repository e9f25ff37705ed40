using System.Globalization;
using Gateway.OpenAi;

namespace Gateway.Quotas;

/// <summary>What an admin may set as limits: turns the API's form into resolved limits, or says what is wrong and what is accepted.</summary>
internal static class LimitRules
{
    /// <summary>A key's and its team's limits may all apply to one request, and the quota step takes 16 at most.</summary>
    public const int MaxLimitsPerScope = 8;

    public const int MaxModelLength = 256;

    public static Outcome<IReadOnlyList<Limit>> Resolve(LimitScope scope, string scopeId, IReadOnlyList<LimitSpec> specs)
    {
        if (specs.Count > MaxLimitsPerScope)
        {
            return Invalid("limits", $"A {LimitWords.Of(scope)} has at most {MaxLimitsPerScope} limits, {specs.Count} were given.");
        }

        var limits = new List<Limit>(specs.Count);
        for (var i = 0; i < specs.Count; i++)
        {
            var outcome = Resolve(scope, scopeId, specs[i], $"limits[{i}]");
            if (!outcome.TryGet(out var limit, out var error))
            {
                return error;
            }

            if (limits.Any(earlier => earlier.Id == limit.Id))
            {
                return Invalid($"limits[{i}]", "There is a limit with the same unit, per and model before it.");
            }

            limits.Add(limit);
        }

        return limits.AsReadOnly();
    }

    private static Outcome<Limit> Resolve(LimitScope scope, string scopeId, LimitSpec spec, string at)
    {
        if (spec.Unit is null || !LimitWords.Units.TryGetValue(spec.Unit, out var unit))
        {
            return NotOneOf($"{at}.unit", spec.Unit, LimitWords.Units.Keys);
        }

        var mode = LimitMode.Hard;
        if (spec.Mode is not null && !LimitWords.Modes.TryGetValue(spec.Mode, out mode))
        {
            return NotOneOf($"{at}.mode", spec.Mode, LimitWords.Modes.Keys);
        }

        if (spec.Model is not null && (spec.Model.Length is 0 or > MaxModelLength || spec.Model.Any(char.IsControl)))
        {
            return Invalid($"{at}.model", $"It is a model's name or a pattern with *, of 1 to {MaxModelLength} characters; leave it out for all models.");
        }

        if (WindowOf(spec, unit, at).TryGet(out var per, out var error) && AmountOf(spec, unit, at).TryGet(out var amount, out error))
        {
            return new Limit(scope, scopeId, unit, per, spec.Model, mode, amount);
        }

        return error;
    }

    private static Outcome<LimitPeriod> WindowOf(LimitSpec spec, LimitUnit unit, string at)
    {
        if (unit == LimitUnit.Concurrent)
        {
            return spec.Per is null ? LimitPeriod.None : Invalid($"{at}.per", "A limit of concurrent calls has no window; leave it out.");
        }

        return spec.Per is not null && LimitWords.Periods.TryGetValue(spec.Per, out var per)
            ? per
            : NotOneOf($"{at}.per", spec.Per, LimitWords.Periods.Keys);
    }

    private static Outcome<long> AmountOf(LimitSpec spec, LimitUnit unit, string at)
    {
        var param = $"{at}.limit";
        if (spec.Limit is not { } limit)
        {
            return Invalid(param, "It is missing. Accepted: a number of 0 or more.");
        }

        if (limit < 0)
        {
            return Invalid(param, "It may not be negative. 0 refuses every call.");
        }

        if (unit == LimitUnit.Usd)
        {
            const decimal MaxDollars = (decimal)Limit.MaxAmount / Limit.MicrosPerDollar;
            return limit <= MaxDollars
                ? (long)Math.Ceiling(limit * Limit.MicrosPerDollar)
                : Invalid(param, $"It is at most {MaxDollars.ToString(CultureInfo.InvariantCulture)} dollars.");
        }

        if (limit != decimal.Truncate(limit))
        {
            return Invalid(param, "It is a whole number; only usd has decimals.");
        }

        return limit <= Limit.MaxAmount ? (long)limit : Invalid(param, $"It is at most {Limit.MaxAmount}.");
    }

    private static GatewayError NotOneOf(string param, string? given, IEnumerable<string> accepted) =>
        Invalid(param, $"{(given is null ? "It is missing" : $"'{(given.Length <= 64 ? given : given[..64])}' is not known")}. Accepted: {string.Join(", ", accepted.Order(StringComparer.Ordinal))}.");

    private static GatewayError Invalid(string param, string message) => GatewayError.InvalidRequest($"{param}: {message}", param);
}
