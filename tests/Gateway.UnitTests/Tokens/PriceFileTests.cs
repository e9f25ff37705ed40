using Gateway.Tokens;
using Xunit;

namespace Gateway.UnitTests.Tokens;

/// <summary>An operator's own prices.</summary>
public sealed class PriceFileTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"gateway-prices-{Guid.NewGuid():N}.json");

    [Fact]
    public void Its_entries_go_before_the_shipped_ones_and_the_rest_stay()
    {
        var own = Own("""{ "prices": [ { "names": ["gpt-4o", "mine"], "price": { "input": 7, "output": 9 } } ] }""");
        var table = ShippedPrices.On(new DateOnly(2026, 11, 24), own);

        Assert.Equal(7, table.Find("gpt-4o")?.Input);
        Assert.Equal(9, table.Find("mine")?.Output);
        Assert.Equal(15, table.Find("tts-1")?.PerMillionCharacters);
    }

    [Fact]
    public void Its_announced_prices_begin_on_their_day()
    {
        var own = Own("""{ "prices": [ { "provider": "openai", "names": ["gpt-4o"], "price": { "input": 7 }, "from": "2027-01-15" } ] }""");

        Assert.Equal(2.5m, ShippedPrices.On(new DateOnly(2027, 1, 14), own).Find("openai/gpt-4o")?.Input);
        Assert.Equal(7, ShippedPrices.On(new DateOnly(2027, 1, 15), own).Find("openai/gpt-4o")?.Input);
    }

    [Theory]
    [InlineData("", "line 1")]
    [InlineData("""{ "prices": [ { "names": ["a"], "price": { "input": 1, "bananas": 2 } } ] }""", "$.prices[0].price.bananas")]
    [InlineData("""{ "prices": [ { "names": ["a"], "price": { "input": -1 } } ] }""", "the entry of 'a'")]
    [InlineData("""{ "prices": [ { "names": ["a"], "price": { "input": 1, "above": { "tokens": 0 } } } ] }""", "the entry of 'a'")]
    [InlineData("""{ "prices": [ { "names": [], "price": { "input": 1 } } ] }""", "has no name")]
    [InlineData("""{ "models": [] }""", "prices.json")]
    public void A_wrong_file_is_refused_with_the_place(string text, string place) =>
        Assert.Contains(place, Assert.Throws<InvalidDataException>(() => Own(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_not_there_is_refused() => Assert.Throws<InvalidDataException>(() => ShippedPriceFile.Read(_path));

    public void Dispose() => File.Delete(_path);

    private ShippedPriceFile Own(string text)
    {
        File.WriteAllText(_path, text);
        return ShippedPriceFile.Read(_path);
    }
}
