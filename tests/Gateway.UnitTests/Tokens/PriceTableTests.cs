using Gateway.Tokens;
using Xunit;

namespace Gateway.UnitTests.Tokens;

public sealed class PriceTableTests
{
    private static readonly Price Plain = new() { Input = 2.5m, CachedInput = 1.25m, Output = 10 };

    [Fact]
    public void Cached_input_is_part_of_the_input_and_costs_its_own_price()
    {
        Assert.Equal((600 * 2.5m) + (400 * 1.25m) + (50 * 10), PriceTable.Cost(Plain, new(1_000, 400, 0, 50)));
    }

    [Fact]
    public void A_call_is_rounded_up_once_and_not_per_part()
    {
        var price = new Price { Input = 0.1m, CachedInput = 0.1m, Output = 0.1m };

        Assert.Equal(1, PriceTable.Cost(price, new(2, 1, 0, 1)));
        Assert.Equal(0, PriceTable.Cost(price, new(0, 0, 0, 0)));
        Assert.Equal(1, PriceTable.Cost(price, new(1, 0, 0, 0)));
    }

    [Theory]
    [InlineData(200_000, 200_000 * 2 + 10 * 8)]
    [InlineData(200_001, 200_001 * 4 + 10 * 8)]
    public void A_prompt_longer_than_the_tier_costs_its_prices_throughout_and_the_usual_where_it_has_none(long input, long expected)
    {
        var price = new Price { Input = 2, Output = 8, Above = new() { Tokens = 200_000, Input = 4 } };

        Assert.Equal(expected, PriceTable.Cost(price, new(input, 0, 0, 10)));
    }

    [Fact]
    public void What_has_no_cached_price_costs_what_input_costs()
    {
        Assert.Equal(3 * 100, PriceTable.Cost(new() { Input = 3 }, new(100, 60, 30, 0)));
        Assert.Equal((10 * 3) + (60 * 0) + (30 * 4), PriceTable.Cost(new() { Input = 3, CachedInput = 0, CacheWrite = 4 }, new(100, 60, 30, 0)));
    }

    [Fact]
    public void More_cached_than_input_tokens_never_makes_a_call_cheaper_than_its_input_from_the_cache()
    {
        Assert.Equal(125, PriceTable.Cost(Plain, new(100, 5_000, 9, 0)));
    }

    [Fact]
    public void Images_minutes_and_characters_are_charged_beside_tokens()
    {
        var price = new Price { PerImage = 0.04m, PerMinute = 0.006m, PerMillionCharacters = 15 };

        Assert.Equal(80_000, PriceTable.Cost(price, default(BilledUse) with { Images = 2 }));
        Assert.Equal(100, PriceTable.Cost(price, default(BilledUse) with { Audio = TimeSpan.FromSeconds(1) }));
        Assert.Equal(150, PriceTable.Cost(price, default(BilledUse) with { Characters = 10 }));
    }

    [Fact]
    public void No_call_within_a_bound_costs_more_than_the_bound()
    {
        var random = new Random(5);
        for (var i = 0; i < 20_000; i++)
        {
            var price = new Price
            {
                Input = Some(random),
                CachedInput = random.Next(2) == 0 ? null : Some(random),
                CacheWrite = random.Next(2) == 0 ? null : Some(random),
                Output = Some(random),
                Above = random.Next(2) == 0 ? null : new() { Tokens = random.Next(1, 2_000), Input = Some(random), Output = random.Next(2) == 0 ? null : Some(random) },
            };
            var bound = new BilledUse(random.Next(2_000), 0, 0, random.Next(500));
            var input = random.Next((int)bound.InputTokens + 1);
            var use = new BilledUse(input, random.Next(input + 1), random.Next(input + 1), random.Next((int)bound.OutputTokens + 1));

            Assert.True(PriceTable.Cost(price, use) <= PriceTable.UpperBound(price, bound), $"{price} {use} {bound}");
        }
    }

    private static decimal Some(Random random) => random.Next(0, 5_000) / 100m;
}
