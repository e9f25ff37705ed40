using System.Text.Json;

namespace Gateway.Hosting;

/// <summary>
/// The API's description, open to all since it tells nothing that is not public: as OpenAPI for machines, and as a page. It is data beside this
/// file; a test holds it to the routes and to what the admin API's answers are made of.
/// </summary>
internal sealed class ApiDocument
{
    private readonly byte[] _json;
    private readonly byte[] _page;

    public ApiDocument()
    {
        using var stream = typeof(ApiDocument).Assembly.GetManifestResourceStream("Gateway.Hosting.openapi.json")
            ?? throw new InvalidOperationException("The API's description is not in the assembly.");
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        _json = bytes.ToArray();
        using var document = JsonDocument.Parse(_json);
        _page = ApiPage.Write(document.RootElement);
    }

    public Task JsonAsync(HttpContext http) => WriteAsync(http, "application/json; charset=utf-8", _json);

    public Task PageAsync(HttpContext http)
    {
        http.Response.Headers.ContentSecurityPolicy = ApiPage.SecurityPolicy;
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        return WriteAsync(http, "text/html; charset=utf-8", _page);
    }

    private static Task WriteAsync(HttpContext http, string type, byte[] content)
    {
        http.Response.ContentType = type;
        http.Response.ContentLength = content.Length;
        http.Response.Headers.XContentTypeOptions = "nosniff";
        // HEAD is routed here too.
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.Body.WriteAsync(content, http.RequestAborted).AsTask();
    }
}
