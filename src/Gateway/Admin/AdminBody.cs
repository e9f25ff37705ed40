using System.Text.Json;
using Gateway.OpenAi;
using Microsoft.Net.Http.Headers;

namespace Gateway.Admin;

/// <summary>Reads an admin call's body: one JSON object, bounded, no name twice, all of it text.</summary>
internal static class AdminBody
{
    public const int MaxBytes = 1 << 20;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>The caller disposes of the document.</summary>
    /// <param name="request">The call.</param>
    /// <param name="maxBytes">The longest body accepted.</param>
    /// <param name="mayBeEmpty">Whether no body at all is as good as an object without fields.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<Outcome<JsonDocument>> ReadAsync(HttpRequest request, int maxBytes, bool mayBeEmpty, CancellationToken cancel)
    {
        if (!IsJson(request.ContentType))
        {
            return GatewayError.UnsupportedMediaType("The request's body must be JSON, sent with 'Content-Type: application/json'.");
        }

        if (request.Headers.ContentEncoding.Count > 0)
        {
            return GatewayError.UnsupportedMediaType("A compressed body is not accepted here.");
        }

        if (request.ContentLength > maxBytes)
        {
            return GatewayError.RequestTooLarge(maxBytes);
        }

        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancel)) > 0)
        {
            if (buffer.Length + read > maxBytes)
            {
                return GatewayError.RequestTooLarge(maxBytes);
            }

            await buffer.WriteAsync(chunk.AsMemory(0, read), cancel);
        }

        return mayBeEmpty && buffer.Length == 0 ? JsonDocument.Parse("{}") : Parse(buffer.ToArray());
    }

    /// <summary>The types that a page of another site can send without asking first, forms and plain text, are not taken for JSON.</summary>
    private static bool IsJson(string? contentType) =>
        contentType is null
        || (MediaTypeHeaderValue.TryParse(contentType, out var type)
            && (type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase)));

    private static Outcome<JsonDocument> Parse(byte[] body)
    {
        try
        {
            if (!IsText(body))
            {
                return GatewayError.InvalidJson("A string in the request's body is not valid Unicode text.");
            }

            var document = JsonDocument.Parse(body, Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            return GatewayError.InvalidJson("The request's body must be a JSON object.");
        }
        catch (JsonException failure)
        {
            return GatewayError.InvalidJson(
                $"The request's body is not a JSON object whose names are each there once (line {failure.LineNumber + 1 ?? 1}, byte {failure.BytePositionInLine ?? 0}).");
        }
    }

    /// <summary>The parser takes lone surrogates and invalid UTF-8 inside strings, and throws only when they are read: so each is read once, here.</summary>
    private static bool IsText(byte[] body)
    {
        var reader = new Utf8JsonReader(body);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                {
                    reader.GetString();
                }
            }

            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
