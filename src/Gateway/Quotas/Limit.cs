using System.Security.Cryptography;
using System.Text;
using Gateway.OpenAi;

namespace Gateway.Quotas;

/// <summary>One cap on a key or a team, resolved when the key is loaded.</summary>
internal sealed record Limit
{
    /// <summary>Largest amount that Lua's doubles hold exactly.</summary>
    public const long MaxAmount = (1L << 53) - 1;

    public const long MicrosPerDollar = 1_000_000;

    public Limit(LimitScope scope, string scopeId, LimitUnit unit, LimitPeriod per, string? model, LimitMode mode, long amount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(amount, MaxAmount);
        if ((unit == LimitUnit.Concurrent) != (per == LimitPeriod.None))
        {
            throw new ArgumentException($"A limit of {unit} cannot hold per {per}.", nameof(per));
        }

        (Scope, ScopeId, Unit, Per, Model, Mode, Amount) = (scope, scopeId, unit, per, model, mode, amount);
        Id = IdOf(scope, scopeId, unit, per, model);
        ScriptCode = LimitWords.ScriptCode(per, unit, mode);
    }

    /// <summary>
    /// Names the counter. It follows from all that decides what is counted and from nothing else, so changing the amount
    /// or the mode keeps what was counted so far.
    /// </summary>
    public string Id { get; }

    public LimitScope Scope { get; }

    /// <summary>The id of the key or the team.</summary>
    public string ScopeId { get; }

    public LimitUnit Unit { get; }

    public LimitPeriod Per { get; }

    /// <summary>Null: all models.</summary>
    public string? Model { get; }

    public LimitMode Mode { get; }

    /// <summary>In the unit; micro-dollars for <see cref="LimitUnit.Usd"/>.</summary>
    public long Amount { get; }

    /// <summary>Window kind, unit and mode as quota.lua parses them.</summary>
    public string ScriptCode { get; }

    public bool AppliesTo(string model) => Model is null || NamePattern.Matches(Model, model);

    /// <summary>A counted amount as the API shows it: dollars for <see cref="LimitUnit.Usd"/>.</summary>
    public decimal InUnits(long amount) => Unit == LimitUnit.Usd ? amount / (decimal)MicrosPerDollar : amount;

    public decimal? InUnits(long? amount) => amount is { } known ? InUnits(known) : null;

    private static string IdOf(LimitScope scope, string scopeId, LimitUnit unit, LimitPeriod per, string? model)
    {
        // 64 bits: only the limits of one team share a hash of counters, a few thousand at most. The pattern comes last
        // because it alone may hold the separator; a model named "" cannot be told from no model, and is refused before.
        var identity = $"{LimitWords.Of(scope)}|{scopeId}|{LimitWords.Of(unit)}|{LimitWords.Of(per)}|{model}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 8));
    }
}
