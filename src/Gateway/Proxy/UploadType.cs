using Gateway.OpenAi;
using Microsoft.Net.Http.Headers;

namespace Gateway.Proxy;

/// <summary>Which uploads are read: <c>multipart/form-data</c>, not compressed, with one boundary.</summary>
internal static class UploadType
{
    /// <summary>RFC 2046's own limit.</summary>
    private const int MaxBoundary = 70;

    public static Outcome<string> Boundary(HttpRequest request)
    {
        var encoding = request.Headers.ContentEncoding;
        if (encoding.Count > 0 && !string.Equals(encoding, "identity", StringComparison.OrdinalIgnoreCase))
        {
            return GatewayError.UnsupportedMediaType("Compressed request bodies are not accepted; send the form as it is.");
        }

        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            return GatewayError.UnsupportedMediaType("The content type must be multipart/form-data.");
        }

        var boundaries = type.Parameters.Where(parameter => parameter.Name.Equals("boundary", StringComparison.OrdinalIgnoreCase)).ToList();
        var boundary = boundaries.Count == 1 ? HeaderUtilities.RemoveQuotes(boundaries[0].Value).ToString() : "";
        return boundary.Length is > 0 and <= MaxBoundary && boundary.All(letter => letter is >= ' ' and <= '~' and not '"' and not '\\') && boundary[^1] != ' '
            ? boundary
            : GatewayError.InvalidRequest("The content type must name the boundary of the multipart body, once.");
    }
}
