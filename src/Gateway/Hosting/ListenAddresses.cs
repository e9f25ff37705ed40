using System.Net;
using System.Net.Sockets;
using Gateway.Storage;

namespace Gateway.Hosting;

/// <summary>Where the gateway listens: what ASP.NET Core's own switches say, else on loopback alone.</summary>
internal static class ListenAddresses
{
    /// <summary>The port that LiteLLM's users know, free of those of the usual model servers.</summary>
    public const string Default = "http://localhost:4000";

    private const string Urls = "urls";

    /// <summary>
    /// Sets the default where nothing else is said. Not a line of <c>appsettings.json</c>: that file wins over <c>ASPNETCORE_URLS</c>,
    /// which container images and hosts set.
    /// </summary>
    public static void SetDefault(WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        if (!configuration.GetSection("Kestrel:Endpoints").Exists()
            && ((string[])[Urls, "http_ports", "https_ports"]).All(name => string.IsNullOrWhiteSpace(configuration[name])))
        {
            builder.WebHost.UseUrls(Default);
        }
    }

    /// <summary>A line for each address that can't be meant. Kestrel would take some of them for others: a port that is no number for every address on port 80.</summary>
    public static IEnumerable<string> Faults(IConfiguration configuration) =>
        (configuration[Urls] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(address => !IsAccepted(address))
            .Select(address => SettingText.Printable($"Urls = {SettingText.Quote(address)}: addresses such as {Default} or http://0.0.0.0:4000 are accepted, divided by semicolons."));

    /// <exception cref="StartRefusedException">An address can't be listened on.</exception>
    public static async Task StartAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (Exception failure) when (failure is not StartRefusedException && failure.GetBaseException() is SocketException refused)
        {
            var said = refused.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? $"{failure.Message} Stop what listens there, or choose another address with --urls."
                : $"Can't listen on {app.Configuration[Urls]}: {refused.Message}. Choose another address with --urls.";
            throw new StartRefusedException(said, failure);
        }
    }

    private static bool IsAccepted(string address)
    {
        try
        {
            var parsed = BindingAddress.Parse(address);
            return parsed.Scheme is "http" or "https" && parsed.PathBase.Length == 0
                && (parsed.IsUnixPipe || parsed.IsNamedPipe || (parsed.Port is >= 0 and <= IPEndPoint.MaxPort && IsHost(parsed.Host)));
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static bool IsHost(string host) => !host.Contains(':', StringComparison.Ordinal) || IPAddress.TryParse(host, out _);
}
