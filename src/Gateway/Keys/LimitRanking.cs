using Gateway.OpenAi;
using Gateway.Quotas;

namespace Gateway.Keys;

/// <summary>All limits of all keys and teams, and how full each is.</summary>
internal sealed class LimitRanking(KeyStore keys, TeamStore teams, LimitFigures figures)
{
    /// <summary>Questions to the counters at a time: each is a round trip where they are in Redis.</summary>
    private const int ReadsAtOnce = 16;

    /// <summary>In no order.</summary>
    public async Task<Outcome<IReadOnlyList<LimitPlacing>>> AllAsync(CancellationToken cancel)
    {
        var owners = (await teams.LimitedAsync(cancel))
            .Select(team => new LimitOwner(null, team.Id.Value, team.Spec.Name, team.Id.Value, team.Limits))
            .Concat((await keys.LimitedAsync(cancel))
                .Select(key => new LimitOwner(key.Id.Value, key.Spec.Team?.Value, key.Spec.Name, QuotaShard.TagOf(key.Id, key.Spec.Team?.Value), key.Limits)))
            .ToList();
        var read = new IReadOnlyList<LimitFigure>?[owners.Count];
        await Parallel.ForAsync(
            0,
            owners.Count,
            new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancel },
            async (i, stop) => read[i] = await figures.ReadAsync(owners[i].Tag, owners[i].Limits, stop));

        // Half an answer would look as if the rest were empty.
        return read.Contains(null)
            ? GatewayError.QuotaStoreUnavailable()
            : owners.SelectMany((owner, i) => (read[i] ?? []).Select(figure => new LimitPlacing(owner, figure))).ToList();
    }
}
