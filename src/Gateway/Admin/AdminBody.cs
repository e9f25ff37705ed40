using System.Text.Json;
using Gateway.OpenAi;

namespace Gateway.Admin;

/// <summary>Reads an admin call's body: one JSON object, at most 1 MiB, no name twice, all of it text.</summary>
internal static class AdminBody
{
    private const int MaxBytes = 1 << 20;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>The caller disposes of the document.</summary>
    public static async Task<Outcome<JsonDocument>> ReadAsync(HttpRequest request, CancellationToken cancel)
    {
        if (request.Headers.ContentEncoding.Count > 0)
        {
            return GatewayError.UnsupportedMediaType("A compressed body is not accepted here.");
        }

        if (request.ContentLength > MaxBytes)
        {
            return GatewayError.RequestTooLarge(MaxBytes);
        }

        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancel)) > 0)
        {
            if (buffer.Length + read > MaxBytes)
            {
                return GatewayError.RequestTooLarge(MaxBytes);
            }

            await buffer.WriteAsync(chunk.AsMemory(0, read), cancel);
        }

        return Parse(buffer.ToArray());
    }

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
