namespace Gateway.Console.Usage;

/// <summary>One colour of a chart.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Values">A value for each column.</param>
/// <param name="Colour">The place of its colour; -1 for the colour of errors.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<decimal> Values, int Colour)
{
    public string Fill => Colour < 0 ? "var(--bad)" : $"var(--s{Colour})";
}
