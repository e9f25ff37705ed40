using Gateway.Quotas;
using Xunit;

namespace Gateway.UnitTests.Quotas;

public sealed class DenialTextTests
{
    private static readonly DateTimeOffset Midnight = new(2026, 11, 25, 0, 0, 0, TimeSpan.Zero);

    public static TheoryData<string, int?, string, string, string> Denials => new()
    {
        { "key tokens minute 1000 900", 7_001, "rate_limit_exceeded", "tokens", "The key 'ci' has reached its limit of 1000 tokens per minute: only 100 left, too little for this request. Please try again in 8 s." },
        { "team requests hour 10 10", 60_000, "rate_limit_exceeded", "requests", "The team 'web' has reached its limit of 10 requests per hour: nothing is left. Please try again in 60 s." },
        { "team requests hour 10 10", 60_001, "rate_limit_exceeded", "requests", "The team 'web' has reached its limit of 10 requests per hour: nothing is left. It resets at 2026-11-25T00:00:00.000Z." },
        { "key concurrent none 1 1", 1_000, "rate_limit_exceeded", "requests", "The key 'ci' has reached its limit of 1 call at once: nothing is left. Please try again in 1 s." },
        { "key concurrent none 0 0", null, "rate_limit_exceeded", "requests", "The key 'ci' has reached its limit of 0 calls at once: nothing is left. Waiting does not help." },
        { "team usd day 12500000 12400000", 7_200_000, "insufficient_quota", "insufficient_quota", "The team 'web' has reached its limit of 12.5 USD per day: only 0.1 left, too little for this request. It resets at 2026-11-25T00:00:00.000Z." },
        { "key output_tokens day 5 5", 30_000, "insufficient_quota", "insufficient_quota", "The key 'ci' has reached its limit of 5 output tokens per day: nothing is left. Please try again in 30 s." },
        { "key input_tokens total 5 5", null, "insufficient_quota", "insufficient_quota", "The key 'ci' has reached its limit of 5 input tokens in total: nothing is left. It does not reset." },
    };

    [Theory]
    [MemberData(nameof(Denials))]
    public void A_denial_names_the_limit_its_scope_and_when_it_frees(string limit, int? retryAfterMs, string code, string type, string message)
    {
        var error = DenialText.Error([Refused(limit)], retryAfterMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null, "ci", "web");

        Assert.Equal((429, code, type, message), (error.Status, error.Code, error.Type, error.Message));
        var waits = retryAfterMs is <= 60_000;
        Assert.Equal(waits ? TimeSpan.FromMilliseconds(retryAfterMs ?? 0) : null, error.RetryAfter);
        Assert.Equal(waits ? null : false, error.ShouldRetry);
    }

    [Fact]
    public void A_limit_for_some_models_says_so() =>
        Assert.Contains("1 tokens per day for models 'gpt-4*'", DenialText.Error([Refused("key tokens day 1 1", "gpt-4*")], null, "ci", null).Message, StringComparison.Ordinal);

    [Fact]
    public void Of_several_that_refuse_the_one_that_frees_last_is_named_and_those_that_do_not_are_not()
    {
        var within = Refused("key tokens total 9 9") with { Verdict = LimitVerdict.Within };
        var shadow = Refused("key usd total 9 9") with { Verdict = LimitVerdict.WouldRefuse };

        Assert.Equal(LimitPeriod.Day, DenialText.Culprit([within, Refused("key requests minute 1 1") with { ResetsAt = Midnight.AddHours(-3) }, Refused("team tokens day 1 1"), shadow]).Per);
        Assert.Equal(LimitPeriod.Total, DenialText.Culprit([Refused("team tokens day 1 1"), Refused("team tokens total 1 1")]).Per);
    }

    private static LimitFigure Refused(string text, string? model = null)
    {
        var words = text.Split(' ');
        var per = Enum.Parse<LimitPeriod>(words[2], ignoreCase: true);
        var limit = new Limit(Enum.Parse<LimitScope>(words[0], ignoreCase: true), "id", LimitWords.Units[words[1]], per, model, LimitMode.Hard, long.Parse(words[3], System.Globalization.CultureInfo.InvariantCulture));
        var counted = long.Parse(words[4], System.Globalization.CultureInfo.InvariantCulture);
        return new LimitFigure(limit, LimitVerdict.Refused, counted, 0, 0, per is LimitPeriod.None or LimitPeriod.Total ? null : Midnight);
    }
}
