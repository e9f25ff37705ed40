using Gateway.Tokens;
using Xunit;

namespace Gateway.UnitTests.Tokens;

public sealed class ShippedPricesTests
{
    private static readonly ShippedPrices Table = ShippedPrices.On(new DateOnly(2026, 11, 24), null);

    [Theory]
    [InlineData("gpt-4o", 2.5, 1.25, 10)]
    [InlineData("gpt-4o-2024-11-20", 2.5, 1.25, 10)]
    [InlineData("GPT-4o", 2.5, 1.25, 10)]
    [InlineData("openai/gpt-4o", 2.5, 1.25, 10)]
    [InlineData("models/gemini-2.5-flash", 0.3, 0.03, 2.5)]
    [InlineData("claude-haiku-4-5", 1, 0.1, 5)]
    public void A_known_name_has_its_price(string model, double input, double cached, double output)
    {
        var price = Table.Find(model);

        Assert.NotNull(price);
        Assert.Equal(((decimal)input, (decimal?)cached, (decimal)output), (price.Input, price.CachedInput, price.Output));
    }

    [Fact]
    public void A_dated_name_with_a_price_of_its_own_has_that_one() => Assert.Equal(5, Table.Find("gpt-4o-2024-05-13")?.Input);

    [Theory]
    [InlineData("gpt-5-mini-2031-01-02", "gpt-5-mini")]
    [InlineData("gpt-5-mini-20310102", "gpt-5-mini")]
    [InlineData("openai/gpt-5-mini-2031-01-02", "gpt-5-mini")]
    public void An_unlisted_date_costs_what_the_undated_name_does(string dated, string undated)
    {
        Assert.NotNull(Table.Find(undated));
        Assert.Equal(Table.Find(undated), Table.Find(dated));
    }

    [Theory]
    [InlineData("gpt-4o-2031-01-02")]
    [InlineData("gpt-4o-special")]
    [InlineData("my/gpt-4o")]
    [InlineData("anthropic/gpt-4o")]
    [InlineData("ft:gpt-4o:acme::1")]
    [InlineData("gpt-realtime")]
    [InlineData("")]
    [InlineData("/")]
    public void A_name_is_never_guessed(string model) =>
        Assert.Null(Table.Find(model));

    [Fact]
    public void A_name_as_long_as_a_body_is_no_model() => Assert.Null(Table.Find("openai/" + new string('x', 1_000_000)));

    [Fact]
    public void An_announced_price_begins_on_its_day()
    {
        Assert.Equal(0.75m, ShippedPrices.On(new DateOnly(2026, 12, 31), null).Find("gemini-3.7-flash")?.Input);
        Assert.Equal(1.5m, ShippedPrices.On(new DateOnly(2027, 1, 1), null).Find("gemini-3.7-flash")?.Input);
        Assert.Null(ShippedPrices.On(new DateOnly(2026, 8, 31), null).Find("claude-sonnet-5"));
        Assert.Equal(3, ShippedPrices.On(new DateOnly(2026, 9, 1), null).Find("claude-sonnet-5")?.Input);
    }

    [Fact]
    public void Units_that_are_not_tokens_have_their_price()
    {
        Assert.Equal(0.12m, Table.Find("dall-e-3")?.PerImage);
        Assert.Equal(0.006m, Table.Find("whisper-1")?.PerMinute);
        Assert.Equal(15, Table.Find("tts-1")?.PerMillionCharacters);
        Assert.Equal(new Price(), Table.Find("omni-moderation-latest"));
        Assert.Equal(200_000, Table.Find("gemini-2.5-pro")?.Above?.Tokens);
    }

    [Fact]
    public void Every_entry_has_a_date_a_source_and_a_price_within_bounds()
    {
        var file = ShippedPriceFile.Read();

        Assert.True(file.Prices.Count > 250);
        Assert.All(file.Prices, entry =>
        {
            Assert.NotEmpty(entry.Names);
            Assert.NotEmpty(entry.Sources);
            Assert.All(entry.Sources, source => Assert.Contains(source, file.Sources.Keys));
            Assert.InRange(entry.AsOf ?? default, new DateOnly(2025, 1, 1), new DateOnly(2030, 1, 1));
            Assert.InRange(entry.Price.Input, 0, 1_000);
            Assert.InRange(entry.Price.Output, 0, 1_000);
            Assert.True(entry.Price.CachedInput is null || entry.Price.CachedInput <= entry.Price.Input);
            Assert.True(entry.Price.Above is null || entry.Price.Above.Tokens > 1_000);
        });
    }

    [Fact]
    public void Most_entries_have_sizes_and_no_answer_is_longer_than_its_context()
    {
        var entries = ShippedPriceFile.Read().Prices;

        Assert.True(entries.Count(entry => entry.Context is not null) > 200);
        Assert.All(entries, entry => Assert.InRange(entry.Context ?? 1_000, 100, 20_000_000));
        Assert.All(entries, entry => Assert.InRange(entry.MaxOutput ?? 1, 1, entry.Context ?? int.MaxValue));
        Assert.Contains(entries, entry => entry is { Context: 128_000, MaxOutput: 16_384 } && entry.Names.Contains("gpt-4o"));
    }

    [Fact]
    public void No_name_has_two_prices_on_one_day() =>
        Assert.Empty(ShippedPriceFile.Read().Prices
            .SelectMany(entry => entry.Names, (entry, name) => (Name: name.ToUpperInvariant(), entry.From))
            .GroupBy(entry => entry)
            .Where(group => group.Count() > 1)
            .Select(group => group.Key.Name));
}
