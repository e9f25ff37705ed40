using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Hosting;

/// <summary>Whether there is a certificate for every address that is listened on by https: without one the server fails with a stack and no word of what to do.</summary>
internal static class CertificateCheck
{
    private const string Default = "Kestrel:Certificates:Default";
    private const string Endpoints = "Kestrel:Endpoints";

    /// <summary>Marks the certificates that <c>dotnet dev-certs https</c> makes, which the server finds by itself.</summary>
    private const string DevelopmentMark = "1.3.6.1.4.1.311.84.1.1";

    public static IEnumerable<string> Faults(IConfiguration configuration) => Faults(configuration, HasDevelopmentCertificate);

    /// <param name="configuration">The settings.</param>
    /// <param name="hasDevelopmentCertificate">Whether this machine has a certificate that the server finds by itself.</param>
    public static IEnumerable<string> Faults(IConfiguration configuration, Func<bool> hasDevelopmentCertificate)
    {
        IConfigurationSection common = configuration.GetSection(Default);
        foreach (IConfigurationSection certificate in configuration.GetSection(Endpoints).GetChildren().Select(endpoint => endpoint.GetSection("Certificate")).Prepend(common))
        {
            foreach (string name in new[] { "Path", "KeyPath" })
            {
                if (certificate[name] is { Length: > 0 } file && !File.Exists(file))
                {
                    yield return SettingText.Printable($"{certificate.Path}:{name} = {SettingText.Quote(file)}: a file that exists is accepted.");
                }
            }
        }

        foreach ((string setting, string address) in Addresses(configuration))
        {
            if (address.StartsWith("https:", StringComparison.OrdinalIgnoreCase) && !common.Exists() && !HasOwn(configuration, setting) && !hasDevelopmentCertificate())
            {
                yield return SettingText.Printable(
                    $"{setting} = {SettingText.Quote(address)} needs a certificate: set {Default}:Path (and :KeyPath or :Password), or listen by http behind a proxy that has one.");
            }
        }
    }

    private static IEnumerable<(string Setting, string Address)> Addresses(IConfiguration configuration)
    {
        IConfigurationSection[] endpoints = [.. configuration.GetSection(Endpoints).GetChildren()];

        // Endpoints take the place of addresses.
        return endpoints.Length > 0
            ? endpoints.Select(endpoint => ($"{endpoint.Path}:Url", endpoint["Url"] ?? ""))
            : (configuration["urls"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(address => ("Urls", address))
                .Concat((configuration["https_ports"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(port => ("https_ports", $"https://*:{port}")));
    }

    private static bool HasOwn(IConfiguration configuration, string setting) =>
        setting.StartsWith(Endpoints, StringComparison.Ordinal) && configuration.GetSection($"{setting[..^":Url".Length]}:Certificate").Exists();

    private static bool HasDevelopmentCertificate()
    {
        try
        {
            using var store = new X509Store(StoreName.My, StoreLocation.CurrentUser, OpenFlags.ReadOnly);
            return store.Certificates.Any(certificate => certificate.Extensions.Any(extension => extension.Oid?.Value == DevelopmentMark));
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
