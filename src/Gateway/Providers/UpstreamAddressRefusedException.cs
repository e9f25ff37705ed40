namespace Gateway.Providers;

/// <summary>An upstream's name led to an address that is never connected to. An exception, since it has to pass through the HTTP client's connection code.</summary>
internal sealed class UpstreamAddressRefusedException(string message) : IOException(message);
