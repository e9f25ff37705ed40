using System.Net;
using System.Net.Sockets;

namespace Gateway.Bench.Processes;

/// <summary>A loopback port that nobody uses now. Another program may take it before the candidate does; that run then fails and says so.</summary>
internal static class FreePort
{
    public static int Pick()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket.LocalEndPoint is IPEndPoint endPoint
            ? endPoint.Port
            : throw new InvalidOperationException("A bound socket has no address.");
    }
}
