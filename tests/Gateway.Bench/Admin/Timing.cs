namespace Gateway.Bench.Admin;

/// <summary>Milliseconds that the same thing took, the first time and after it.</summary>
internal sealed record Timing(double First, double Median, double Slowest)
{
    private const int Times = 8;

    /// <param name="measure">Does it once and tells how long that took.</param>
    public static async Task<Timing> OfAsync(Func<Task<double>> measure)
    {
        var taken = new List<double>();
        for (var n = 0; n < Times; n++)
        {
            taken.Add(await measure());
        }

        var rest = taken.Skip(1).Order().ToList();
        return new Timing(taken[0], rest[rest.Count / 2], rest[^1]);
    }
}
