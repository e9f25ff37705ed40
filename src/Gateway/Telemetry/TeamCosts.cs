using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Gateway.Telemetry;

/// <summary>What teams spend, by id. Teams are made by admins, but may be many: those that come after the first hundred share one series.</summary>
internal sealed class TeamCosts(Meter meter)
{
    public const string Other = "other";

    private const int Most = 100;

    private readonly Counter<double> _cost = meter.CreateCounter<double>("gateway_team_cost_usd", null, "What teams' calls cost, in dollars.");
    private readonly ConcurrentDictionary<string, bool> _known = new(StringComparer.Ordinal);

    public void Spent(string? team, long microDollars) =>
        _cost.Add(microDollars / 1e6, new KeyValuePair<string, object?>("team", team is null ? GatewayMetrics.None : Label(team)));

    private string Label(string team)
    {
        if (_known.ContainsKey(team))
        {
            return team;
        }

        // A few more where several come first at the same moment.
        return _known.Count < Most && _known.TryAdd(team, true) ? team : _known.ContainsKey(team) ? team : Other;
    }
}
