using Gateway.Quotas;

namespace Gateway.Proxy;

/// <summary>Step 4's yes: what was reserved for the call, and how its answers are capped so that this is enough.</summary>
/// <param name="Admission">The reservation; null where no limit counts this call.</param>
/// <param name="Cap">What goes into the body; null where no hard limit needs it.</param>
/// <param name="IsLowered">Whether the caller would have got more without the limits.</param>
internal sealed record Permit(Admission? Admission, OutputCap? Cap, bool IsLowered)
{
    public static readonly Permit Unlimited = new(null, null, IsLowered: false);
}
