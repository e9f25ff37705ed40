using System.Collections.Frozen;
using System.Globalization;

namespace Gateway.Telemetry;

/// <summary>HTTP statuses as label values: those that matter by number, any other by its class, since an upstream can answer any number. Strings are made once, so counting a call allocates none.</summary>
internal static class StatusLabel
{
    private static readonly FrozenDictionary<int, string> Known =
        new[] { 200, 201, 400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 426, 429, 431, 499, 500, 502, 503, 504, 529 }
            .ToFrozenDictionary(status => status, status => status.ToString(CultureInfo.InvariantCulture));

    public static string Of(int status) => Known.TryGetValue(status, out string? label) ? label : status switch
    {
        >= 100 and < 200 => "1xx",
        >= 200 and < 300 => "2xx",
        >= 300 and < 400 => "3xx",
        >= 400 and < 500 => "4xx",
        >= 500 and < 600 => "5xx",
        _ => "other",
    };
}
