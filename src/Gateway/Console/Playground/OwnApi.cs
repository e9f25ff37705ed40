using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;
using Gateway.Keys;
using Gateway.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Gateway.Console.Playground;

/// <summary>Calls the gateway's own API through its own port, as a key: with its limits, its row in the ledger and all else that a call has.</summary>
internal sealed class OwnApi : IDisposable
{
    private readonly KeyTickets _tickets;
    private readonly IServer _server;
    private readonly IEnumerable<EndpointDataSource> _endpoints;
    private readonly HttpMessageInvoker _client = CreateClient();

    public OwnApi(KeyTickets tickets, IServer server, IEnumerable<EndpointDataSource> endpoints) => (_tickets, _server, _endpoints) = (tickets, server, endpoints);

    /// <summary>Whether the API has this path below <c>/v1</c>.</summary>
    public bool Has(string path) =>
        _endpoints.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Any(endpoint => endpoint.RoutePattern.RawText == "/v1/" + path);

    /// <summary>The answer's head, its body yet to be read. The caller disposes of it; the token ends the call at any time.</summary>
    public async Task<HttpResponseMessage> PostAsync(string path, string json, KeyId key, CancellationToken cancel)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return await PostAsync(path, content, key, cancel);
    }

    public async Task<HttpResponseMessage> PostAsync(string path, HttpContent content, KeyId key, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Address(), "/v1/" + path)) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _tickets.Issue(key));
        return await _client.SendAsync(request, cancel);
    }

    public void Dispose() => _client.Dispose();

    private Uri Address()
    {
        var all = _server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        var listen = all.OrderByDescending(address => address.StartsWith("http:", StringComparison.OrdinalIgnoreCase))
            .Select(address => BindingAddress.Parse(address))
            .FirstOrDefault(address => !address.IsUnixPipe) ?? throw new HttpRequestException("The gateway listens on no address that it can call itself.");
        return new UriBuilder(listen.Scheme, HostOf(listen.Host), listen.Port).Uri;
    }

    [SuppressMessage("Security", "CA5359:Do Not Disable Certificate Validation", Justification = "The certificate is for the name that callers use; here the other end is this process.")]
    private static HttpMessageInvoker CreateClient() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        ResponseDrainTimeout = TimeSpan.Zero,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
    });

    private static string HostOf(string listened) =>
        listened is "*" or "+" || !IPAddress.TryParse(listened.Trim('[', ']'), out var address) ? listened is "*" or "+" ? "127.0.0.1" : listened
        : address.Equals(IPAddress.Any) ? "127.0.0.1"
        : address.Equals(IPAddress.IPv6Any) ? "[::1]"
        : listened;
}
