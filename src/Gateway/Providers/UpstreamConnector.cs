using System.Net;
using System.Net.Sockets;

namespace Gateway.Providers;

/// <summary>Connects to an upstream by the very addresses it has checked, so that a name cannot resolve to one thing for the check and to another for the connection.</summary>
internal sealed class UpstreamConnector(Func<string, CancellationToken, Task<IPAddress[]>> resolve)
{
    public UpstreamConnector()
        : this(Dns.GetHostAddressesAsync)
    {
    }

    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        string host = context.DnsEndPoint.Host;
        if (UpstreamAddress.IsForbidden(host))
        {
            throw Refused(host);
        }

        IPAddress[] addresses = IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? literal) ? [literal] : await resolve(host, cancel);

        // A machine on the same network may have a link-local address beside a usable one: only the forbidden ones are dropped.
        IPAddress[] allowed = [.. addresses.Where(address => !UpstreamAddress.IsForbidden(address))];
        if (allowed.Length == 0 && addresses.Length > 0)
        {
            throw Refused(host);
        }

        if (allowed.Length == 0)
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static UpstreamAddressRefusedException Refused(string host) =>
        new($"'{host}' is, or leads only to, a link-local or metadata address, which is never called.");
}
