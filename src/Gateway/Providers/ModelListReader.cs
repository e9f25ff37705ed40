using System.Buffers;
using System.Text.Json;

namespace Gateway.Providers;

/// <summary>Reads a provider's list of models: <c>{"object": "list", "data": [{"id": "…"}]}</c>.</summary>
internal static class ModelListReader
{
    /// <summary>A list beyond this is no model list; nothing more of it is read.</summary>
    private const int MaxBytes = 2 << 20;

    /// <summary>Enough for the largest aggregators, few enough to hold and to list.</summary>
    private const int MaxModels = 5_000;

    private const int LongestId = 256;

    /// <summary>The ids that a provider lists, or null where it does not answer with a list.</summary>
    public static async Task<IReadOnlyList<string>?> FetchAsync(HttpMessageInvoker client, HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            request.Headers.TryAddWithoutValidation("Accept", "application/json");
            using HttpResponseMessage response = await client.SendAsync(request, cancel);
            if (!response.IsSuccessStatusCode)
            {
                return null;
            }

            await using Stream body = await response.Content.ReadAsStreamAsync(cancel);
            return await ReadBoundedAsync(body, cancel) is { } json ? Parse(json) : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
        catch (IOException)
        {
            return null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    public static IReadOnlyList<string>? Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("data", out JsonElement data))
            {
                return null;
            }

            // Ollama without a model answers "data": null.
            if (data.ValueKind == JsonValueKind.Null)
            {
                return document.RootElement.TryGetProperty("object", out JsonElement kind) && kind.ValueEquals("list") ? [] : null;
            }

            return data.ValueKind == JsonValueKind.Array ? Ids(data) : null;
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException)
        {
            // An id with half a surrogate pair is no text.
            return null;
        }
    }

    private static async Task<ReadOnlyMemory<byte>?> ReadBoundedAsync(Stream body, CancellationToken cancel)
    {
        var json = new ArrayBufferWriter<byte>();
        byte[] chunk = new byte[16 * 1024];
        int read;
        while ((read = await body.ReadAsync(chunk, cancel)) > 0)
        {
            if (json.WrittenCount + read > MaxBytes)
            {
                return null;
            }

            json.Write(chunk.AsSpan(0, read));
        }

        return json.WrittenMemory;
    }

    private static List<string>? Ids(JsonElement data)
    {
        var ids = new List<string>();
        foreach (JsonElement model in data.EnumerateArray())
        {
            if (model.ValueKind != JsonValueKind.Object || !model.TryGetProperty("id", out JsonElement id) || id.ValueKind != JsonValueKind.String)
            {
                return null;
            }

            string name = id.GetString() ?? "";
            if (name.Length is > 0 and <= LongestId && !name.Any(char.IsControl) && ids.Count < MaxModels)
            {
                ids.Add(name);
            }
        }

        return ids;
    }
}
