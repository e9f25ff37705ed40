namespace Gateway.Proxy;

/// <summary>What a provider made for a key and knows by an id.</summary>
internal enum OwnedKind
{
    File,
    Batch,
    Response,
}
