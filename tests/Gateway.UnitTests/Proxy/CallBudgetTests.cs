using Gateway.Proxy;
using Gateway.Quotas;
using Gateway.Tokens;
using Xunit;

namespace Gateway.UnitTests.Proxy;

public sealed class CallBudgetTests
{
    private static readonly Price Priced = new() { Input = 2.5m, Output = 10m };

    [Fact]
    public void The_estimate_is_input_and_every_answers_cap()
    {
        var estimate = new CallBudget(100, 50, 3, [Priced]).Estimate();

        Assert.Equal((100, 150, 1, 1750), (estimate.InputTokens, estimate.OutputTokens, estimate.Requests, estimate.MicroDollars));
    }

    [Fact]
    public void An_estimate_beyond_all_counting_stays_a_number() =>
        Assert.Equal(Limit.MaxAmount, new CallBudget(100, long.MaxValue / 4, int.MaxValue, []).Estimate().Of(LimitUnit.Tokens));

    [Theory]
    [InlineData(nameof(LimitUnit.Tokens), 1000, 0, 300)]
    [InlineData(nameof(LimitUnit.Tokens), 400, 0, 150)]
    [InlineData(nameof(LimitUnit.Tokens), 400, 298, 1)]
    [InlineData(nameof(LimitUnit.OutputTokens), 100, 0, 50)]
    [InlineData(nameof(LimitUnit.InputTokens), 100, 0, 300)]
    [InlineData(nameof(LimitUnit.Requests), 10, 9, 300)]
    public void The_cap_is_what_the_limit_leaves(string unit, long amount, long counted, long cap) =>
        Assert.Equal(cap, new CallBudget(100, 300, 2, []).Fit([Figure(Enum.Parse<LimitUnit>(unit), amount, counted)])?.CapPerAnswer);

    [Theory]
    [InlineData(nameof(LimitUnit.Tokens), 400, 299)]
    [InlineData(nameof(LimitUnit.Tokens), 100, 0)]
    [InlineData(nameof(LimitUnit.OutputTokens), 1, 0)]
    [InlineData(nameof(LimitUnit.InputTokens), 99, 0)]
    [InlineData(nameof(LimitUnit.Requests), 10, 10)]
    [InlineData(nameof(LimitUnit.Concurrent), 10, 10)]
    public void Where_not_one_token_fits_there_is_no_budget(string unit, long amount, long counted) =>
        Assert.Null(new CallBudget(100, 300, 2, []).Fit([Figure(Enum.Parse<LimitUnit>(unit), amount, counted)]));

    [Theory]
    [InlineData(1250, 100)]
    [InlineData(1249, 99)]
    [InlineData(260, 1)]
    [InlineData(10_000, 300)]
    public void Money_caps_to_the_last_affordable_token(long microDollars, long cap)
    {
        var fitted = new CallBudget(100, 300, 1, [Priced]).Fit([Figure(LimitUnit.Usd, microDollars, 0)]);

        Assert.Equal(cap, fitted?.CapPerAnswer);
        Assert.True(fitted?.Estimate().MicroDollars <= microDollars);
    }

    [Fact]
    public void Soft_and_shadow_limits_cap_nothing() =>
        Assert.Equal(300, new CallBudget(100, 300, 1, []).Fit([Figure(LimitUnit.Tokens, 1, 1, LimitMode.Soft), Figure(LimitUnit.OutputTokens, 1, 1, LimitMode.Shadow)])?.CapPerAnswer);

    [Theory]
    [InlineData(700, 300)]
    [InlineData(699, null)]
    public void What_no_field_can_cap_fits_whole_or_not_at_all(long amount, int? cap) =>
        Assert.Equal(cap, new CallBudget(100, 300, 2, []) { CanCap = false }.Fit([Figure(LimitUnit.Tokens, amount, 0)])?.CapPerAnswer);

    [Fact]
    public void Pictures_cost_what_each_costs() =>
        Assert.Equal(120_000, new CallBudget(0, 0, 3, [new Price { PerImage = 0.04m }]) { ImagesPerAnswer = 1 }.Estimate().MicroDollars);

    private static LimitFigure Figure(LimitUnit unit, long amount, long counted, LimitMode mode = LimitMode.Hard) =>
        new(new Limit(LimitScope.Key, "key_1", unit, unit == LimitUnit.Concurrent ? LimitPeriod.None : LimitPeriod.Day, null, mode, amount), LimitVerdict.Refused, counted, 0, 0, null);
}
