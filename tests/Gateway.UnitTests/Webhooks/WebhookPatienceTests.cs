using Gateway.Webhooks;
using Xunit;

namespace Gateway.UnitTests.Webhooks;

public sealed class WebhookPatienceTests
{
    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 15)]
    [InlineData(3, 45)]
    [InlineData(6, 1215)]
    [InlineData(7, 3600)]
    [InlineData(19, 3600)]
    public void Waits_grow_threefold_up_to_an_hour(int failed, int seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), WebhookPatience.After(failed, null, 0));
        Assert.Equal(TimeSpan.FromSeconds(seconds * .8), WebhookPatience.After(failed, null, 1));
    }

    [Theory]
    [InlineData(-5, 5)]
    [InlineData(1, 5)]
    [InlineData(60, 60)]
    [InlineData(100_000, 3600)]
    public void A_receiver_may_ask_for_more_up_to_an_hour(int asked, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), WebhookPatience.After(1, TimeSpan.FromSeconds(asked), 0));
}
