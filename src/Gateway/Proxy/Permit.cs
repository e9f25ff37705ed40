using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Quotas;

namespace Gateway.Proxy;

/// <summary>Step 4's yes: what was reserved for the call, and how its answers are capped so that this is enough.</summary>
/// <param name="Admission">The reservation; null where no limit counts this call.</param>
/// <param name="Cap">The most that any target may write; null where no hard limit needs it.</param>
/// <param name="IsLowered">Whether the caller would have got more without the limits.</param>
internal sealed record Permit(Admission? Admission, OutputCap? Cap, bool IsLowered)
{
    /// <summary>The ways that the reservation covers, where those are not all of the route's.</summary>
    public ModelRoute? Route { get; init; }

    /// <summary>The most of one answer where a model's settings say nothing.</summary>
    public long Usual { get; init; }

    public static readonly Permit Unlimited = new(null, null, IsLowered: false);

    /// <summary>What goes into the body for this target.</summary>
    public OutputCap? CapFor(ModelTarget target, RequestEnvelope envelope, ApiEndpoint endpoint) => Cap?.For(target, envelope, endpoint, Usual);
}
