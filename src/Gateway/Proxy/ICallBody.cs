using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>A call's body, which can be sent as often as there are attempts.</summary>
internal interface ICallBody
{
    /// <summary>The body from its beginning, with what changes in it for this target.</summary>
    OutgoingBody For(ModelTarget target);
}
