using Gateway.Keys;
using Gateway.Quotas;
using Gateway.Storage;
using Xunit;

namespace Gateway.UnitTests.Keys;

public sealed class ApiKeyTests
{
    [Theory]
    [InlineData("gpt-4o", true)]
    [InlineData("gpt-3.5", false)]
    [InlineData("o3", false)]
    public void A_model_must_be_on_the_keys_list_and_on_its_teams(string model, bool expected)
    {
        var key = Key(["gpt-*"], [], new KeyTeam(new TeamId("team_1"), "web", ["gpt-4*", "o3"], []));

        Assert.Equal(expected, key.MayUse(model));
    }

    [Fact]
    public void No_list_means_every_model() => Assert.True(Key(null, [], new KeyTeam(new TeamId("team_1"), "web", null, [])).MayUse("x"));

    [Fact]
    public void Limits_that_all_apply_or_none_at_all_allocate_nothing()
    {
        var none = Key(null, [], null);
        var all = Key(null, [Tokens(null), Tokens("gpt-*")], null);
        none.LimitsFor("gpt-4o");
        all.LimitsFor("gpt-4o");

        var before = GC.GetAllocatedBytesForCurrentThread();
        var found = none.LimitsFor("gpt-4o").Count + all.LimitsFor("gpt-4o").Count;
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal((2, 0L), (found, allocated));
    }

    [Fact]
    public void Limits_for_other_models_are_left_out()
    {
        var key = Key(null, [Tokens("gpt-*")], new KeyTeam(new TeamId("team_1"), "web", null, [Tokens(null)]));

        Assert.Equal([null], key.LimitsFor("o3").Select(limit => limit.Model));
        Assert.Equal(["gpt-*", null], key.LimitsFor("gpt-4o").Select(limit => limit.Model));
        Assert.Equal(["gpt-*"], key.In(null).Limits.Select(limit => limit.Model));
        Assert.True(key.HasHardLimit);
    }

    private static ApiKey Key(IReadOnlyList<string>? models, IReadOnlyList<Limit> limits, KeyTeam? team) => new(new KeyId("key_1"), "ci", models, limits, team, null);

    private static Limit Tokens(string? model) => new(LimitScope.Key, "key_1", LimitUnit.Tokens, LimitPeriod.Day, model, LimitMode.Hard, 1);
}
