using System.Diagnostics.Tracing;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Providers;
using Xunit;

namespace Gateway.IntegrationTests.Providers;

public sealed class UpstreamConnectionTests
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData("http://169.254.169.254/v1")]
    [InlineData("http://[::ffff:169.254.169.254]/v1")]
    [InlineData("http://2852039166/v1")]
    [InlineData("http://[fe80::1]/v1")]
    [InlineData("http://metadata.google.internal/v1")]
    [InlineData("http://0.0.0.0:9/v1")]
    [InlineData("http://[fd00:ec2::23]/v1")]
    [InlineData("http://100.100.100.200/v1")]
    public async Task A_metadata_address_is_refused_before_a_socket_tries_it(string baseUrl)
    {
        using var connects = new ConnectListener();
        // As built from settings that slipped past their check.
        using Provider provider = Provider.Connect("p", new ProviderOptions { BaseUrl = baseUrl }, ConnectTimeout);

        Exception? refused = await SendAsync(provider.Client, provider.ModelsAddress);

        Assert.IsType<UpstreamAddressRefusedException>(Assert.IsType<HttpRequestException>(refused).InnerException);
        Assert.DoesNotContain(connects.Addresses, IsForbidden);
    }

    [Fact]
    public async Task A_name_that_leads_to_a_metadata_address_is_refused_before_a_socket_tries_it()
    {
        using var connects = new ConnectListener();
        using var client = Client(IPAddress.Parse("169.254.169.254"), IPAddress.Parse("::ffff:169.254.169.254"), IPAddress.Parse("fe80::1"));

        Exception? refused = await SendAsync(client, new Uri("http://innocent.example/v1/models"));

        Assert.IsType<UpstreamAddressRefusedException>(Assert.IsType<HttpRequestException>(refused).InnerException);
        Assert.DoesNotContain(connects.Addresses, IsForbidden);
    }

    [Fact]
    public async Task Of_a_names_addresses_only_the_allowed_ones_are_tried()
    {
        using var connects = new ConnectListener();
        using TcpListener server = Listen();
        Task<string> served = AnswerOnceAsync(server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"u8.ToArray());
        using var client = Client(IPAddress.Parse("169.254.169.254"), IPAddress.Loopback);

        using HttpResponseMessage response = await client.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, $"http://machine.example:{Port(server)}/"), TestContext.Current.CancellationToken);

        Assert.Equal("ok", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Contains("Host: machine.example", await served, StringComparison.Ordinal);
        Assert.DoesNotContain(connects.Addresses, IsForbidden);
        // The listener does hear connects, so that its silence above means something.
        Assert.Contains(connects.Addresses, address => address.Contains("127,0,0,1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task An_answer_that_is_compressed_unasked_is_readable(string encoding)
    {
        using TcpListener server = Listen();
        Task<string> served = AnswerOnceAsync(server, Compressed("""{"object":"list"}""", encoding));
        using Provider provider = Provider.Connect("p", new ProviderOptions { BaseUrl = $"http://127.0.0.1:{Port(server)}/v1" }, ConnectTimeout);
        using var request = new HttpRequestMessage(HttpMethod.Get, provider.ModelsAddress);
        request.Headers.TryAddWithoutValidation("accept-encoding", "identity");

        using HttpResponseMessage response = await provider.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("""{"object":"list"}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Empty(response.Content.Headers.ContentEncoding);
        Assert.Null(response.Content.Headers.ContentLength);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        // Not "identity, gzip, deflate, br", which the HTTP client's own decompression would make of it.
        Assert.Contains("accept-encoding: identity\r\n", await served, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task An_encoding_that_is_unknown_here_passes_with_its_header()
    {
        using TcpListener server = Listen();
        Task<string> served = AnswerOnceAsync(server, "HTTP/1.1 200 OK\r\nContent-Encoding: own\r\nContent-Length: 3\r\n\r\nabc"u8.ToArray());
        using Provider provider = Provider.Connect("p", new ProviderOptions { BaseUrl = $"http://127.0.0.1:{Port(server)}/v1" }, ConnectTimeout);

        using HttpResponseMessage response = await provider.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, provider.ModelsAddress), TestContext.Current.CancellationToken);

        Assert.Equal("abc", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["own"], response.Content.Headers.ContentEncoding);
        Assert.DoesNotContain("accept-encoding", await served, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_redirect_is_an_answer_and_not_followed()
    {
        using TcpListener server = Listen();
        Task<string> served = AnswerOnceAsync(server, "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        using Provider provider = Provider.Connect("p", new ProviderOptions { BaseUrl = $"http://127.0.0.1:{Port(server)}" }, ConnectTimeout);

        using HttpResponseMessage response = await provider.Client.SendAsync(new HttpRequestMessage(HttpMethod.Get, provider.ModelsAddress), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.TemporaryRedirect, response.StatusCode);
        Assert.DoesNotContain("traceparent", await served, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Addresses come as the bytes of a socket address: 169.254.169.254, mapped or not, and fe80::1.</summary>
    private static bool IsForbidden(string address) =>
        address.Contains("169,254,169,254", StringComparison.Ordinal) || address.Contains("0,0,0,0,254,128,0", StringComparison.Ordinal);

    private static HttpMessageInvoker Client(params IPAddress[] addresses) =>
        new(Provider.CreateHandler(ConnectTimeout, new UpstreamConnector((_, _) => Task.FromResult(addresses))));

    private static async Task<Exception?> SendAsync(HttpMessageInvoker client, Uri? address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        return await Record.ExceptionAsync(() => client.SendAsync(request, TestContext.Current.CancellationToken));
    }

    private static TcpListener Listen()
    {
        var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        return server;
    }

    private static int Port(TcpListener server) => ((IPEndPoint)server.LocalEndpoint).Port;

    private static byte[] Compressed(string text, string encoding)
    {
        using var body = new MemoryStream();
        using (Stream encoder = encoding switch
        {
            "gzip" => new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(body, CompressionLevel.Fastest, leaveOpen: true),
            _ => new ZLibStream(body, CompressionLevel.Fastest, leaveOpen: true),
        })
        {
            encoder.Write(Encoding.UTF8.GetBytes(text));
        }

        string head = $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: {encoding}\r\nContent-Length: {body.Length}\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. body.ToArray()];
    }

    /// <summary>Answers one request and gives what it was asked, as far as the end of the headers.</summary>
    private static async Task<string> AnswerOnceAsync(TcpListener server, byte[] answer)
    {
        using TcpClient connection = await server.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        NetworkStream stream = connection.GetStream();
        byte[] buffer = new byte[8192];
        int length = 0;
        while (!Encoding.ASCII.GetString(buffer, 0, length).Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            length += await stream.ReadAsync(buffer.AsMemory(length), TestContext.Current.CancellationToken);
        }

        await stream.WriteAsync(answer, TestContext.Current.CancellationToken);
        return Encoding.ASCII.GetString(buffer, 0, length);
    }

    /// <summary>Hears every connection that a socket of this process begins.</summary>
    private sealed class ConnectListener : EventListener
    {
        private readonly Lock _lock = new();
        private readonly List<string> _addresses = [];

        public IReadOnlyList<string> Addresses
        {
            get
            {
                lock (_lock)
                {
                    return [.. _addresses];
                }
            }
        }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "System.Net.Sockets")
            {
                EnableEvents(eventSource, EventLevel.Verbose, EventKeywords.All);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventName == "ConnectStart")
            {
                lock (_lock)
                {
                    _addresses.Add(string.Join(' ', eventData.Payload ?? new([])));
                }
            }
        }
    }
}
