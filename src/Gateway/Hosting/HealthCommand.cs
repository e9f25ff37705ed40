using System.Globalization;
using System.Net;

namespace Gateway.Hosting;

/// <summary>
/// <c>health</c>: asks the gateway that runs with the same settings on this machine whether it can serve. For containers, whose image has
/// neither a shell nor curl.
/// </summary>
internal static class HealthCommand
{
    public const string Word = "health";

    private const string ReadyPath = "/health/ready";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <param name="configuration">The settings from every source, those behind the command included.</param>
    /// <param name="output">Hears what the gateway said.</param>
    /// <param name="errors">Hears why there is no such answer.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>The exit code: 0 where it is ready.</returns>
    public static async Task<int> RunAsync(IConfiguration configuration, TextWriter output, TextWriter errors, CancellationToken cancel)
    {
        if (AddressOf(configuration) is not { } address)
        {
            await errors.WriteLineAsync("The gateway listens on no address that can be asked over TCP.");
            return 1;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        using var client = new HttpMessageInvoker(Handler());
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, ReadyPath));
        try
        {
            using var response = await client.SendAsync(request, limit.Token);
            var said = SettingText.Printable(await response.Content.ReadAsStringAsync(limit.Token));
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{(int)response.StatusCode} {said}"));
            return response.StatusCode == HttpStatusCode.OK ? 0 : 1;
        }
        catch (HttpRequestException failure)
        {
            await errors.WriteLineAsync(SettingText.Printable($"{address} does not answer: {failure.GetBaseException().Message}"));
        }
        catch (OperationCanceledException)
        {
            await errors.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{address} did not answer within {Patience.TotalSeconds} s."));
        }

        return 1;
    }

    /// <summary>Where this machine reaches the gateway: its first address, with loopback for "any". Null where it listens on pipes and sockets alone.</summary>
    internal static Uri? AddressOf(IConfiguration configuration)
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>();
        string[] addresses =
        [
            .. endpoints,
            .. Listed(configuration["urls"]),
            .. Listed(configuration["http_ports"]).Select(port => $"http://*:{port}"),
            .. Listed(configuration["https_ports"]).Select(port => $"https://*:{port}"),
        ];
        return addresses.DefaultIfEmpty(ListenAddresses.Default).Select(Reachable).FirstOrDefault(address => address is not null);
    }

    private static string[] Listed(string? text) => (text ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static Uri? Reachable(string text)
    {
        var address = BindingAddress.Parse(text);
        if (address.IsUnixPipe || address.IsNamedPipe)
        {
            return null;
        }

        // Kestrel takes any name that is no address for "all of them".
        var host = IPAddress.TryParse(address.Host.Trim('[', ']'), out var literal)
            ? literal.Equals(IPAddress.Any) ? IPAddress.Loopback : literal.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : literal
            : IPAddress.Loopback;
        return new UriBuilder(address.Scheme, host.ToString(), address.Port).Uri;
    }

    private static SocketsHttpHandler Handler() => new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
#pragma warning disable CA5359 // The certificate is for the name that callers use; what is asked is this very machine, and nothing secret is sent.
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
#pragma warning restore CA5359
    };
}
