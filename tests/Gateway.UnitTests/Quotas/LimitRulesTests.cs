using Gateway.Quotas;
using Xunit;

namespace Gateway.UnitTests.Quotas;

public sealed class LimitRulesTests
{
    private static readonly LimitSpec Valid = new() { Unit = "tokens", Limit = 100, Per = "minute" };

    [Fact]
    public void What_is_left_out_has_its_default()
    {
        var limit = Resolve(Valid);

        Assert.Equal(LimitMode.Hard, limit.Mode);
        Assert.Null(limit.Model);
        Assert.True(limit.AppliesTo("anything"));
    }

    [Theory]
    [InlineData("2.5", 2_500_000)]
    [InlineData("0.0000001", 1)]
    [InlineData("0", 0)]
    [InlineData("9007199254.740991", Limit.MaxAmount)]
    public void Dollars_are_kept_in_millionths_rounded_up(string dollars, long expected)
    {
        var limit = Resolve(Valid with { Unit = "usd", Limit = decimal.Parse(dollars, System.Globalization.CultureInfo.InvariantCulture) });

        Assert.Equal(expected, limit.Amount);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Limit.MaxAmount)]
    public void Amounts_from_nothing_to_the_largest_are_accepted(long amount) => Assert.Equal(amount, Resolve(Valid with { Limit = amount }).Amount);

    public static TheoryData<LimitSpec, string, string> Wrong => new()
    {
        { Valid with { Unit = "token" }, "limits[0].unit", "'token' is not known. Accepted: concurrent, input_tokens, output_tokens, requests, tokens, usd." },
        { Valid with { Unit = null }, "limits[0].unit", "It is missing." },
        { Valid with { Per = "week" }, "limits[0].per", "Accepted: day, hour, minute, month, total." },
        { Valid with { Per = null }, "limits[0].per", "It is missing." },
        { Valid with { Unit = "concurrent" }, "limits[0].per", "has no window" },
        { Valid with { Mode = "HARD" }, "limits[0].mode", "Accepted: hard, shadow, soft." },
        { Valid with { Model = "" }, "limits[0].model", "leave it out for all models" },
        { Valid with { Limit = null }, "limits[0].limit", "It is missing." },
        { Valid with { Limit = -1 }, "limits[0].limit", "may not be negative" },
        { Valid with { Limit = 1.5m }, "limits[0].limit", "whole number" },
        { Valid with { Limit = (decimal)Limit.MaxAmount + 1 }, "limits[0].limit", "at most 9007199254740991" },
        { Valid with { Unit = "usd", Limit = 9007199254.740992m }, "limits[0].limit", "at most 9007199254.740991 dollars" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_wrong_is_named_with_what_is_accepted(LimitSpec spec, string param, string message)
    {
        var outcome = LimitRules.Resolve(LimitScope.Key, "key_1", [spec]);

        Assert.False(outcome.TryGet(out _, out var error));
        Assert.Equal((400, "invalid_request", param), (error.Status, error.Code, error.Param));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_limit_twice_is_refused()
    {
        var outcome = LimitRules.Resolve(LimitScope.Key, "key_1", [Valid, Valid with { Limit = 5, Mode = "soft" }]);

        Assert.False(outcome.TryGet(out _, out var error));
        Assert.Equal("limits[1]", error.Param);
    }

    [Fact]
    public void A_key_and_its_team_have_at_most_as_many_limits_as_one_step_takes()
    {
        LimitSpec[] most = [.. Enumerable.Range(0, LimitRules.MaxLimitsPerScope).Select(i => Valid with { Model = $"model-{i}" })];

        Assert.True(LimitRules.Resolve(LimitScope.Team, "team_1", most).TryGet(out _, out _));
        Assert.False(LimitRules.Resolve(LimitScope.Team, "team_1", [.. most, Valid]).TryGet(out _, out var error));
        Assert.Equal("limits", error.Param);
        Assert.Equal(QuotaArguments.MaxLimits, 2 * LimitRules.MaxLimitsPerScope);
    }

    [Fact]
    public void A_counters_name_follows_from_what_is_counted_and_from_nothing_else()
    {
        var limit = Resolve(Valid);

        Assert.Equal(16, limit.Id.Length);
        Assert.Equal(limit.Id, Resolve(Valid with { Limit = 5, Mode = "shadow" }).Id);
        string[] others =
        [
            Resolve(Valid with { Unit = "requests" }).Id, Resolve(Valid with { Per = "hour" }).Id, Resolve(Valid with { Model = "*" }).Id,
            Resolve(Valid, LimitScope.Team).Id, Resolve(Valid, id: "key_2").Id, limit.Id,
        ];
        Assert.Equal(others.Length, others.Distinct().Count());
    }

    private static Limit Resolve(LimitSpec spec, LimitScope scope = LimitScope.Key, string id = "key_1")
    {
        Assert.True(LimitRules.Resolve(scope, id, [spec]).TryGet(out var limits, out var error), error?.Message);
        return Assert.Single(limits);
    }
}
