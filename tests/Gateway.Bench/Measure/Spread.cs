namespace Gateway.Bench.Measure;

/// <summary>The median of some figures, with the least and the greatest of them.</summary>
internal sealed record Spread(double Median, double Least, double Greatest, int Count)
{
    /// <summary>Null when there is no figure.</summary>
    public static Spread? Of(IEnumerable<double> figures)
    {
        double[] sorted = [.. figures.Where(double.IsFinite).Order()];
        if (sorted.Length == 0)
        {
            return null;
        }

        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1], sorted.Length);
    }
}
