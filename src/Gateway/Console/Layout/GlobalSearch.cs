using Gateway.Keys;
using Gateway.Ledger;

namespace Gateway.Console.Layout;

/// <summary>The one search box: takes whatever was pasted, the id of a call, an answer or a key, the end of a key, a name.</summary>
internal sealed class GlobalSearch(KeyStore keys, LedgerQueries ledger, TimeProvider time)
{
    /// <summary>Where to go for the text; null where there is none.</summary>
    public async Task<string?> FindAsync(string? text, CancellationToken cancel)
    {
        var asked = text?.Trim() ?? "";
        if (asked.Length == 0)
        {
            return null;
        }

        var escaped = Uri.EscapeDataString(asked);
        if (asked.StartsWith("req_", StringComparison.Ordinal))
        {
            return $"/console/requests/{escaped}";
        }

        if (asked.StartsWith("key_", StringComparison.Ordinal))
        {
            return $"/console/keys/{escaped}";
        }

        var found = await keys.SearchAsync(new KeySearch { Text = asked }, null, 2, cancel);
        return found switch
        {
            [var only] => $"/console/keys/{only.Id}",
            [] => await ledger.FindByAnswerAsync(asked, time.GetUtcNow(), cancel) is { } call ? $"/console/requests/{call}" : $"/console/requests?q={escaped}",
            _ => $"/console/keys?q={escaped}",
        };
    }
}
