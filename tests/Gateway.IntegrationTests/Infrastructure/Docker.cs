using System.Net.Sockets;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>Whether servers can be had in containers here.</summary>
internal static class Docker
{
    private static readonly Lazy<bool> Found = new(Find);

    public static bool Answers => Found.Value;

    private static bool Find()
    {
        if (Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 })
        {
            return true;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint("/var/run/docker.sock"));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
