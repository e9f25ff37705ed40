using System.ComponentModel.DataAnnotations;

namespace Gateway.Proxy;

/// <summary>How long an upstream may take: <c>Gateway:Timeouts</c>.</summary>
public sealed class TimeoutOptions
{
    /// <summary>To be connected, name look-up and TLS included, in seconds. Default 10; 1 to 600. After it: 504.</summary>
    [Range(1, 600)]
    public int ConnectSeconds { get; set; } = 10;

    /// <summary>From the request being sent to the first byte of the answer, in seconds. Default 600, as long as a slow model loads or thinks; 1 to 86,400. After it: 504.</summary>
    [Range(1, 86_400)]
    public int FirstByteSeconds { get; set; } = 600;

    /// <summary>Between two pieces of a stream, in seconds. Default 300; 1 to 86,400. After it the stream is broken off.</summary>
    [Range(1, 86_400)]
    public int IdleSeconds { get; set; } = 300;
}
