namespace Gateway.Telemetry;

/// <summary>How an attempt failed at a provider: the closed set of the label <c>kind</c>.</summary>
internal static class UpstreamErrorKind
{
    public const string Connect = "connect";
    public const string Timeout = "timeout";

    /// <summary>The connection broke before the answer began.</summary>
    public const string Reset = "reset";

    /// <summary>401 or 403: the gateway's own credential is refused.</summary>
    public const string Auth = "auth";
    public const string Http429 = "http_429";
    public const string Http4xx = "http_4xx";
    public const string Http5xx = "http_5xx";
    public const string InvalidResponse = "invalid_response";

    /// <summary>The answer broke off after it had begun.</summary>
    public const string Cut = "cut";

    public static readonly IReadOnlyList<string> All = [Connect, Timeout, Reset, Auth, Http429, Http4xx, Http5xx, InvalidResponse, Cut];

    /// <summary>The kind of an upstream's error status, or null where the status is no error.</summary>
    public static string? Of(int status) => status switch
    {
        401 or 403 => Auth,
        429 => Http429,
        >= 400 and < 500 => Http4xx,
        >= 500 => Http5xx,
        _ => null,
    };
}
