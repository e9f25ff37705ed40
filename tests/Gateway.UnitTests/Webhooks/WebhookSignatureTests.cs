using Gateway.Webhooks;
using Xunit;

namespace Gateway.UnitTests.Webhooks;

public sealed class WebhookSignatureTests
{
    [Fact]
    public void Signs_as_receivers_of_standard_webhooks_check()
    {
        // The worked example that the convention's own libraries are tested with.
        var signature = new WebhookSignature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", signature.Of("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, """{"test": 2432232314}"""u8));
    }

    [Fact]
    public void Another_id_time_or_body_is_another_signature()
    {
        var signature = new WebhookSignature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

        string[] all = [signature.Of("evt_a", 1, "{}"u8), signature.Of("evt_b", 1, "{}"u8), signature.Of("evt_a", 2, "{}"u8), signature.Of("evt_a", 1, "{ }"u8)];

        Assert.Equal(all.Length, all.Distinct().Count());
    }
}
