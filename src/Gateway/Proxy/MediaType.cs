using System.Diagnostics.CodeAnalysis;
using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>Which request bodies are read at all: plain JSON. A compressed body is refused rather than inflated.</summary>
internal static class MediaType
{
    private const string Json = "application/json";

    /// <summary>A body without a content type is taken for JSON, as clients written by hand expect.</summary>
    public static bool IsAccepted(HttpRequest request, [NotNullWhen(false)] out GatewayError? error)
    {
        error = null;
        var encoding = request.Headers.ContentEncoding;
        if (encoding.Count > 0 && !string.Equals(encoding, "identity", StringComparison.OrdinalIgnoreCase))
        {
            error = GatewayError.UnsupportedMediaType("Compressed request bodies are not accepted; send the JSON as it is.");
        }
        else if (request.ContentType is { Length: > 0 } type && !IsJson(type))
        {
            error = GatewayError.UnsupportedMediaType("The content type must be application/json.");
        }

        return error is null;
    }

    private static bool IsJson(ReadOnlySpan<char> type)
    {
        var end = type.IndexOf(';');
        var media = (end < 0 ? type : type[..end]).Trim();
        return media.Equals(Json, StringComparison.OrdinalIgnoreCase) || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }
}
