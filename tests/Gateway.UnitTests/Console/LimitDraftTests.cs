using Gateway.Console.Words;
using Gateway.Quotas;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.UnitTests.Console;

public sealed class LimitDraftTests
{
    [Theory]
    [InlineData("tokens", "100k", "day", null, "hard", "100,000 tokens a day, hard")]
    [InlineData("usd", "20", "month", null, "soft", "$20.00 a month, soft")]
    [InlineData("concurrent", "5", "day", null, "hard", "5 at once, hard")]
    [InlineData("requests", "60", "minute", "gpt-4*", "shadow", "60 requests in any minute for gpt-4*, shadow")]
    [InlineData("requests", "1", "total", null, "hard", "1 request in all, hard")]
    public void What_is_typed_is_said_back_in_words(string unit, string amount, string per, string? model, string mode, string said)
    {
        var draft = new LimitDraft { Unit = unit, Amount = amount, Per = per, Model = model, Mode = mode };

        Assert.Null(draft.Fault);
        Assert.Equal(said, LimitText.Say(Assert.IsType<LimitView>(draft.View), new Reader(new FakeTimeProvider())));
    }

    [Theory]
    [InlineData("tokens", "many")]
    [InlineData("tokens", "1.5")]
    [InlineData("requests", "")]
    public void What_is_no_amount_is_a_fault_in_words(string unit, string amount) => Assert.NotNull(new LimitDraft { Unit = unit, Amount = amount }.Fault);

    [Fact]
    public void Two_limits_of_one_counter_are_a_fault() =>
        Assert.NotNull(LimitDraft.FaultOf([LimitDraft.Of(LimitPresets.All[0]), LimitDraft.Of(LimitPresets.All[0])]));

    [Fact]
    public void A_draft_of_a_limit_becomes_the_same_limit_again()
    {
        var spec = new LimitSpec { Unit = "usd", Limit = 0.25m, Per = "day", Model = "gpt-4*", Mode = "soft" };

        Assert.Equal(spec, LimitDraft.Of(spec).Spec);
    }
}
