using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>Which request bodies are read at all: plain JSON. A compressed body is refused rather than inflated.</summary>
internal static class MediaType
{
    private const string Json = "application/json";

    /// <summary>A body without a content type is taken for JSON, as clients written by hand expect.</summary>
    public static GatewayError? Refuse(HttpRequest request)
    {
        var encoding = request.Headers.ContentEncoding;
        if (encoding.Count > 0 && !string.Equals(encoding, "identity", StringComparison.OrdinalIgnoreCase))
        {
            return GatewayError.UnsupportedMediaType("Compressed request bodies are not accepted; send the JSON as it is.");
        }

        var type = request.ContentType;
        return string.IsNullOrEmpty(type) || IsJson(type)
            ? null
            : GatewayError.UnsupportedMediaType("The content type must be application/json.");
    }

    private static bool IsJson(ReadOnlySpan<char> type)
    {
        var end = type.IndexOf(';');
        var media = (end < 0 ? type : type[..end]).Trim();
        return media.Equals(Json, StringComparison.OrdinalIgnoreCase) || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }
}
