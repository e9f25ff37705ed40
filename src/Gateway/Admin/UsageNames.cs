using Gateway.Keys;
using Gateway.Ledger;

namespace Gateway.Admin;

/// <summary>What the keys and teams in rows of usage are called, revoked and deleted ones too.</summary>
internal sealed class UsageNames(KeyStore keys, TeamStore teams)
{
    public async Task<IReadOnlyDictionary<string, string>> OfAsync(IReadOnlyList<UsageGrouping> groups, IReadOnlyList<UsageRow> rows, CancellationToken cancel)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < groups.Count; i++)
        {
            if (UsageText.NameColumn(groups[i]) is null)
            {
                continue;
            }

            var ids = rows.Select(row => row.Groups[i]).Where(id => id.Length > 0).Distinct(StringComparer.Ordinal).ToList();
            var found = groups[i] == UsageGrouping.Key ? await keys.NamesAsync(ids, cancel) : await teams.NamesAsync(ids, cancel);
            foreach (var (id, name) in found)
            {
                names[id] = name;
            }
        }

        return names;
    }
}
