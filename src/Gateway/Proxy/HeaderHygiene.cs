using System.Collections.Frozen;
using System.Net.Http.Headers;
using Microsoft.Extensions.Primitives;

namespace Gateway.Proxy;

/// <summary>Which headers cross the gateway. What is not named here passes: clients and providers keep inventing useful ones.</summary>
internal static class HeaderHygiene
{
    /// <summary>RFC 9110 section 7.6.1: these speak of one connection, with those that <c>Connection</c> itself names.</summary>
    private static readonly string[] HopByHop =
    [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ];

    private static readonly FrozenSet<string> NeverUpstream = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
    [
        .. HopByHop,

        // The caller's credentials and accounts are the gateway's business, not the provider's.
        "authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "openai-organization", "openai-project",

        // Set anew for the connection to the provider. accept-encoding too: the answer has to be readable for counting.
        "host", "content-length", "accept-encoding", "expect", "x-content-length",

        // Where the caller sits inside the operator's network.
        "forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-server", "x-real-ip",

        "x-request-id",
    ]);

    private static readonly FrozenSet<string> NeverToCaller = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
    [
        .. HopByHop,

        // The provider's dealings with the gateway's account.
        "set-cookie", "openai-organization", "openai-project", "anthropic-organization-id", "www-authenticate",

        // The gateway's own, or true of the provider's host only.
        "x-request-id", "request-id", "apim-request-id", "server", "alt-svc", "strict-transport-security", "content-length", "date",
        "access-control-allow-origin", "access-control-allow-credentials", "access-control-allow-headers", "access-control-allow-methods",
        "access-control-expose-headers", "access-control-max-age", "report-to", "nel", "via",
    ]);

    /// <summary>Names of the upstream's id for the request, in the order in which they are looked for.</summary>
    private static readonly string[] UpstreamIdHeaders = ["x-request-id", "request-id", "apim-request-id"];

    /// <param name="from">The caller's.</param>
    /// <param name="to">The provider's.</param>
    /// <param name="content">Those of the body; null where there is none.</param>
    public static void CopyRequestHeaders(IHeaderDictionary from, HttpRequestHeaders to, HttpContentHeaders? content)
    {
        var named = from.Connection;
        foreach (var (name, values) in from)
        {
            if (NeverUpstream.Contains(name) || name.StartsWith("x-gateway-", StringComparison.OrdinalIgnoreCase) || IsNamed(named, name))
            {
                continue;
            }

            var target = name.StartsWith("content-", StringComparison.OrdinalIgnoreCase) ? content : (HttpHeaders)to;
            _ = values.Count == 1 ? target?.TryAddWithoutValidation(name, values[0]) : target?.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
    }

    /// <returns>The upstream's own id for the request, if it sent one.</returns>
    public static string? CopyResponseHeaders(HttpResponseMessage from, IHeaderDictionary to)
    {
        var named = from.Headers.NonValidated.TryGetValues("Connection", out var connection) ? connection : default;
        CopySafe(from.Headers.NonValidated, to, named);
        CopySafe(from.Content.Headers.NonValidated, to, named);
        foreach (var name in UpstreamIdHeaders)
        {
            if (from.Headers.NonValidated.TryGetValues(name, out var id))
            {
                var text = id.ToString();
                if (!IsSendable(text))
                {
                    return null;
                }

                to["x-upstream-request-id"] = text;
                return text;
            }
        }

        return null;
    }

    private static void CopySafe(HttpHeadersNonValidated from, IHeaderDictionary to, HeaderStringValues named)
    {
        foreach (var (name, values) in from)
        {
            if (!NeverToCaller.Contains(name) && !IsRateLimit(name) && !IsNamed(named, name))
            {
                if (values.Count > 1)
                {
                    to[name] = new StringValues([.. values.Where(IsSendable)]);
                }
                else if (values.ToString() is var value && IsSendable(value))
                {
                    to[name] = value;
                }
            }
        }
    }

    /// <summary>Kestrel sends no header outside ASCII, and would refuse the whole answer for one.</summary>
    private static bool IsSendable(string value) =>
        value.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0 || value.All(c => c is '\t' or (>= ' ' and <= '~'));

    private static bool IsRateLimit(string name) =>
        name.StartsWith("x-ratelimit-", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("anthropic-ratelimit-", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("x-gateway-", StringComparison.OrdinalIgnoreCase);

    private static bool IsNamed(StringValues connection, string name)
    {
        foreach (var value in connection)
        {
            if (value is not null && value.Length >= name.Length && Names(value, name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsNamed(HeaderStringValues connection, string name)
    {
        foreach (var value in connection)
        {
            if (Names(value, name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Names(string connection, string name)
    {
        foreach (var part in connection.AsSpan().Split(','))
        {
            if (connection.AsSpan(part).Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
