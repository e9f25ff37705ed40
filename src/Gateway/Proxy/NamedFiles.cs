using System.Text.Json;
using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>
/// Sees to it that a body names no other key's file: every <c>"file_id"</c> in it, at whatever depth, must be an id of the caller's own. A body without that word, as
/// nearly all are, costs one search through its bytes. The word written with escapes is not seen.
/// </summary>
internal sealed class NamedFiles(IOwnedIds owned)
{
    /// <summary>More than any provider takes.</summary>
    private const int MaxFiles = 256;

    /// <returns>The ways that lead to whoever keeps the files, or the refusal.</returns>
    public ValueTask<Outcome<ModelRoute>> PinAsync(ApiKey key, ReadOnlyMemory<byte> body, ModelRoute route, CancellationToken cancel) =>
        body.Span.IndexOf("\"file_id\""u8) < 0 ? new(route) : CheckAsync(key, body, route, cancel);

    private async ValueTask<Outcome<ModelRoute>> CheckAsync(ApiKey key, ReadOnlyMemory<byte> body, ModelRoute route, CancellationToken cancel)
    {
        var ids = Find(body.Span);
        if (ids.Count > MaxFiles)
        {
            return GatewayError.InvalidRequest($"The body names more than the {MaxFiles} files accepted here.", "file_id");
        }

        foreach (var id in ids)
        {
            if (!(await owned.FindAsync(OwnedKind.File, id, key.Id, cancel)).TryGet(out var file, out var error))
            {
                return error with { Param = "file_id" };
            }

            if (route.At(file.Provider) is not { } pinned)
            {
                return GatewayError.NotFound("file", id) with { Param = "file_id" };
            }

            route = pinned;
        }

        return route;
    }

    private static HashSet<string> Find(ReadOnlySpan<byte> body)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(body, BodyJson.Options);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.PropertyName && reader.ValueTextEquals("file_id"u8) && reader.Read() && reader.TokenType is JsonTokenType.String)
            {
                ids.Add(reader.GetString() ?? "");
            }
        }

        return ids;
    }
}
