using Gateway.Keys;
using Gateway.Quotas;
using Gateway.Storage;

namespace Gateway.Console;

/// <summary>How the limits of keys and teams stand, as the pages show them.</summary>
internal sealed class KeyStandings(LimitFigures figures)
{
    public ValueTask<IReadOnlyList<LimitView>> OfKeyAsync(KeyRecord key, CancellationToken cancel) =>
        figures.ShowAsync(QuotaShard.TagOf(key.Id, key.Spec.Team?.Value), key.Limits, cancel);

    public ValueTask<IReadOnlyList<LimitView>> OfTeamAsync(TeamRecord team, CancellationToken cancel) => figures.ShowAsync(team.Id.Value, team.Limits, cancel);

    /// <summary>Of each key, its fullest limit first.</summary>
    public async Task<IReadOnlyDictionary<KeyId, IReadOnlyList<LimitView>>> OfKeysAsync(IReadOnlyList<KeyRecord> keys, CancellationToken cancel)
    {
        var standings = new Dictionary<KeyId, IReadOnlyList<LimitView>>();
        foreach (var key in keys)
        {
            standings[key.Id] = [.. (await OfKeyAsync(key, cancel)).OrderByDescending(Words.LimitText.Share)];
        }

        return standings;
    }
}
