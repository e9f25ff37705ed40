using Gateway.Storage;

namespace Gateway.Proxy;

/// <summary>An id that a provider made for a key.</summary>
/// <param name="Kind">What it names.</param>
/// <param name="Id">The provider's id.</param>
/// <param name="Key">Whose it is.</param>
/// <param name="TeamId">The key's team when it was made.</param>
/// <param name="Provider">The provider that made it; calls for it go there and nowhere else.</param>
internal sealed record OwnedId(OwnedKind Kind, string Id, KeyId Key, string? TeamId, string Provider);
