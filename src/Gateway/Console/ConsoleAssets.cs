using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.IO.Compression;
using Gateway.OpenAi;

namespace Gateway.Console;

/// <summary>
/// The console's scripts and styles, out of the assembly: they are there however the gateway was started. Their address names the build, so a
/// browser may keep them for good. Packed when first asked for: a gateway whose console nobody opens holds nothing.
/// </summary>
internal sealed class ConsoleAssets
{
    public const string Route = Prefix + "{build}/{name}";

    private const string Prefix = "/console/assets/";
    private const string Resources = "console/";

    private static readonly FrozenSet<string> Names = typeof(ConsoleAssets).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Resources, StringComparison.Ordinal))
        .Select(name => name[Resources.Length..])
        .ToFrozenSet(StringComparer.Ordinal);

    private static readonly string Build = typeof(ConsoleAssets).Module.ModuleVersionId.ToString("N")[..12];

    private readonly ConcurrentDictionary<string, Lazy<byte[]>> _packed = new(StringComparer.Ordinal);

    /// <summary>Where the file with this name is.</summary>
    public static string PathOf(string name) => $"{Prefix}{Build}/{name}";

    public async Task SendAsync(HttpContext http)
    {
        var name = (string?)http.GetRouteValue("name") ?? "";
        if (!Names.Contains(name))
        {
            await ErrorResponse.WriteAsync(http, GatewayError.UnknownUrl(http.Request.Method, http.Request.Path));
            return;
        }

        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = (string?)http.GetRouteValue("build") == Build ? "public, max-age=31536000, immutable" : "no-cache";
        headers.Vary = "Accept-Encoding";
        http.Response.ContentType = TypeOf(name);
        if (http.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase))
        {
            var packed = _packed.GetOrAdd(name, static named => new Lazy<byte[]>(() => Pack(named))).Value;
            headers.ContentEncoding = "gzip";
            http.Response.ContentLength = packed.Length;
            await http.Response.Body.WriteAsync(packed, http.RequestAborted);
            return;
        }

        await using var file = Open(name);
        http.Response.ContentLength = file.Length;
        await file.CopyToAsync(http.Response.Body, http.RequestAborted);
    }

    private static byte[] Pack(string name)
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.Optimal))
        using (var file = Open(name))
        {
            file.CopyTo(zip);
        }

        return packed.ToArray();
    }

    private static Stream Open(string name) =>
        typeof(ConsoleAssets).Assembly.GetManifestResourceStream(Resources + name) ?? throw new InvalidOperationException($"The asset '{name}' is not in the assembly.");

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        _ => "image/svg+xml",
    };
}
