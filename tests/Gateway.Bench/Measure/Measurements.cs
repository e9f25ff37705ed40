using Gateway.Bench.Candidates;

namespace Gateway.Bench.Measure;

/// <summary>All cells of a run, and the questions the report asks of them.</summary>
/// <param name="cells">The cells, in the order measured.</param>
/// <param name="idleMemory">Memory in bytes before the first call, by candidate, in the order of the tables.</param>
internal sealed class Measurements(IReadOnlyList<Cell> cells, IReadOnlyDictionary<string, long> idleMemory)
{
    public IReadOnlyList<Cell> Cells => cells;

    public IReadOnlyList<string> Candidates { get; } = [.. idleMemory.Keys];

    public double? IdleMemory(string candidate) =>
        candidate != Candidate.Direct && idleMemory.TryGetValue(candidate, out var bytes) ? bytes : null;

    public Spread? Of(Scenario scenario, string candidate, Func<Cell, double?> figure) =>
        Spread.Of(Select(scenario, candidate).Select(figure).OfType<double>());

    /// <summary>
    /// The candidate's figure over the other's in the same round, then the median: machines drift more from minute to minute
    /// than candidates differ.
    /// </summary>
    public Spread? Ratio(Scenario scenario, string candidate, string over, Func<Cell, double?> figure) =>
        Compare(scenario, candidate, over, figure, (mine, other) => mine / other);

    /// <summary>As <see cref="Ratio"/>, with the difference.</summary>
    public Spread? Added(Scenario scenario, string candidate, string over, Func<Cell, double?> figure) =>
        Compare(scenario, candidate, over, figure, (mine, other) => mine - other);

    private Spread? Compare(
        Scenario scenario, string candidate, string over, Func<Cell, double?> figure, Func<double, double, double> compare)
    {
        var pairs =
            from mine in Select(scenario, candidate)
            join other in Select(scenario, over) on mine.Round equals other.Round
            let left = figure(mine)
            let right = figure(other)
            where left is not null && right is not null
            select compare(left.Value, right.Value);
        return Spread.Of(pairs);
    }

    private IEnumerable<Cell> Select(Scenario scenario, string candidate) =>
        cells.Where(cell => cell.Scenario == scenario && cell.Candidate == candidate);
}
