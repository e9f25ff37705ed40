using System.Text.Json;
using Gateway.Keys;
using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>
/// Sees to it that a body names no other key's file: every <c>"file_id"</c> in it, at whatever depth, must be an id of the caller's own. A body without that word, as
/// nearly all are, costs one search through its bytes. The word written with escapes is not seen.
/// </summary>
internal sealed class NamedFiles(IOwnedIds owned)
{
    /// <summary>More than any provider takes.</summary>
    private const int MaxFiles = 256;

    /// <returns>The refusal; null where there is nothing to refuse.</returns>
    public ValueTask<GatewayError?> FindForeignAsync(ApiKey key, ReadOnlyMemory<byte> body, CancellationToken cancel) =>
        body.Span.IndexOf("\"file_id\""u8) < 0 ? new((GatewayError?)null) : CheckAsync(key, body, cancel);

    private async ValueTask<GatewayError?> CheckAsync(ApiKey key, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        var ids = Find(body.Span);
        if (ids.Count > MaxFiles)
        {
            return GatewayError.InvalidRequest($"The body names more than the {MaxFiles} files accepted here.", "file_id");
        }

        foreach (var id in ids)
        {
            if (!(await owned.FindAsync(OwnedKind.File, id, key.Id, cancel)).TryGet(out _, out var error))
            {
                return error with { Param = "file_id" };
            }
        }

        return null;
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
