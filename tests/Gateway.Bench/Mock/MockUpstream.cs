using System.Net;
using System.Net.Sockets;
using Gateway.Bench.Processes;

namespace Gateway.Bench.Mock;

/// <summary>The upstream of every candidate, by hand on sockets: it shares the cores with what is measured and must not be the bottleneck.</summary>
internal static class MockUpstream
{
    public static async Task<int> RunAsync(int port)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(backlog: 4096);
        var pacer = new Pacer();
        pacer.Start();

        var parentLeft = ParentWatch.UntilParentLeavesAsync();
        while (!parentLeft.IsCompleted)
        {
            var accepted = listener.AcceptAsync();
            if (await Task.WhenAny(accepted, parentLeft) == accepted)
            {
                var socket = await accepted;
                socket.NoDelay = true;
                _ = new MockConnection(socket, pacer).ServeAsync();
            }
        }

        return 0;
    }
}
