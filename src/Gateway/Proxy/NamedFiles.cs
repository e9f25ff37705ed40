using System.Text.Json;
using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>
/// Sees to it that a body names no other key's file: every <c>"file_id"</c> in it, at whatever depth, and each of a list of <c>"file_ids"</c> must be an id of the
/// caller's own. A body without these words, as nearly all are, costs two searches through its bytes.
/// </summary>
internal sealed class NamedFiles(IOwnedIds owned)
{
    /// <summary>More than any provider takes.</summary>
    private const int MaxFiles = 256;

    /// <returns>The ways that lead to whoever keeps the files, or the refusal.</returns>
    public ValueTask<Outcome<ModelRoute>> PinAsync(ApiKey key, ReadOnlyMemory<byte> body, ModelRoute route, CancellationToken cancel) =>
        MayName(body.Span) ? CheckAsync(key, body, route, cancel) : new(route);

    /// <summary>Whether one of the words is there, or a small letter or underscore is written as an escape, which nobody does who does not mean to hide something.</summary>
    private static bool MayName(ReadOnlySpan<byte> body)
    {
        if (body.IndexOf("\"file_id"u8) >= 0)
        {
            return true;
        }

        for (var at = body.IndexOf("\\u00"u8); at >= 0 && at + 4 < body.Length; at = body.IndexOf("\\u00"u8))
        {
            if (body[at + 4] is (byte)'5' or (byte)'6' or (byte)'7')
            {
                return true;
            }

            body = body[(at + 4)..];
        }

        return false;
    }

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
            if (reader.TokenType is JsonTokenType.PropertyName && (reader.ValueTextEquals("file_id"u8) || reader.ValueTextEquals("file_ids"u8)) && reader.Read())
            {
                Add(ref reader, ids);
            }
        }

        return ids;
    }

    /// <summary>A text, or all that are in a list.</summary>
    private static void Add(ref Utf8JsonReader reader, HashSet<string> ids)
    {
        if (reader.TokenType is JsonTokenType.String)
        {
            ids.Add(reader.GetString() ?? "");
        }
        else if (reader.TokenType is JsonTokenType.StartArray)
        {
            var depth = reader.CurrentDepth;
            while (reader.Read() && reader.CurrentDepth > depth)
            {
                if (reader.TokenType is JsonTokenType.String)
                {
                    ids.Add(reader.GetString() ?? "");
                }
            }
        }
    }
}
