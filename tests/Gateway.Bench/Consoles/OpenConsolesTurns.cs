namespace Gateway.Bench.Consoles;

/// <summary>One round: a turn with consoles open between two without.</summary>
internal sealed record OpenConsolesTurns(OpenConsolesSample Before, OpenConsolesSample Open, OpenConsolesSample After)
{
    /// <summary>What the consoles add to the mean of those without, which a steady drift of the machine does not change.</summary>
    public double Added(Func<OpenConsolesSample, double> figure) => figure(Open) - ((figure(Before) + figure(After)) / 2);
}
