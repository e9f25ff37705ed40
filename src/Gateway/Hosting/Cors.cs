using System.Collections.Frozen;

namespace Gateway.Hosting;

/// <summary>
/// Lets web pages of the configured origins call the API: answers their browsers' preflights, which carry no key, and marks answers as readable to them.
/// Never for cookies, and never for what the admin key opens.
/// </summary>
internal sealed class Cors(RequestDelegate next, GatewayOptions options)
{
    private const string Any = "*";

    private const string Methods = "GET, POST, DELETE, OPTIONS";

    /// <summary>How long a browser need not ask again, in seconds; browsers cut it to their own bound.</summary>
    private const string MaxAge = "7200";

    private const string Exposed =
        "x-request-id, x-upstream-request-id, request-id, retry-after, retry-after-ms, x-should-retry, x-gateway-max-output-tokens, "
        + "x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, "
        + "x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens, "
        + "anthropic-ratelimit-requests-limit, anthropic-ratelimit-requests-remaining, anthropic-ratelimit-requests-reset, "
        + "anthropic-ratelimit-tokens-limit, anthropic-ratelimit-tokens-remaining, anthropic-ratelimit-tokens-reset";

    /// <summary>Where no caller's key is what opens the door.</summary>
    private static readonly PathString[] Closed = ["/admin", "/console", "/metrics", "/health"];

    private readonly FrozenSet<string> _origins = options.CorsOrigins.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Stands in the pipeline only where there is something to allow.</summary>
    public static void Use(WebApplication app)
    {
        if (app.Services.GetRequiredService<GatewayOptions>().CorsOrigins.Count > 0)
        {
            app.UseMiddleware<Cors>();
        }
    }

    public static IEnumerable<string> Faults(IReadOnlyList<string> origins)
    {
        for (var i = 0; i < origins.Count; i++)
        {
            if (origins[i] != Any && !IsOrigin(origins[i]))
            {
                yield return $"Gateway:CorsOrigins:{i} = \"{origins[i]}\": an origin such as https://chat.example.org is accepted, without a path, or *.";
            }
        }
    }

    public Task InvokeAsync(HttpContext http)
    {
        var origin = http.Request.Headers.Origin.ToString();
        if (origin.Length == 0 || !(_origins.Contains(Any) || _origins.Contains(origin)) || Array.Exists(Closed, closed => http.Request.Path.StartsWithSegments(closed)))
        {
            return next(http);
        }

        if (HttpMethods.IsOptions(http.Request.Method) && http.Request.Headers.AccessControlRequestMethod.Count > 0)
        {
            AnswerPreflight(http, origin);
            return Task.CompletedTask;
        }

        // When the answer starts: an error clears what was set before.
        http.Response.OnStarting(() =>
        {
            Allow(http.Response.Headers, origin);
            http.Response.Headers.AccessControlExposeHeaders = Exposed;
            return Task.CompletedTask;
        });
        return next(http);
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Host.Length > 0 && uri.UserInfo.Length == 0 && !text.EndsWith('/')
        && text.Count(letter => letter == '/') == 2 && uri is { PathAndQuery: "/", Fragment: "" };

    private void AnswerPreflight(HttpContext http, string origin)
    {
        var headers = http.Response.Headers;
        Allow(headers, origin);
        headers.AccessControlAllowMethods = Methods;

        // Clients keep inventing headers; which of them cross the gateway is decided where they do.
        headers.AccessControlAllowHeaders = http.Request.Headers.AccessControlRequestHeaders;
        headers.AccessControlMaxAge = MaxAge;
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private void Allow(IHeaderDictionary headers, string origin)
    {
        if (_origins.Contains(Any))
        {
            headers.AccessControlAllowOrigin = Any;
            return;
        }

        headers.AccessControlAllowOrigin = origin;
        headers.Append("vary", "Origin");
    }
}
