using Gateway.Console.Words;
using Gateway.Providers;
using MudBlazor;

namespace Gateway.Console.Overview;

/// <summary>How a provider does, by what the gateway learnt of its targets, else by what its last calls came to.</summary>
/// <param name="Word">The word.</param>
/// <param name="Tone">The colour.</param>
/// <param name="Icon">The sign.</param>
internal sealed record ProviderState(string Word, string Tone, string Icon)
{
    private const double Degraded = 0.05;
    private const double Down = 0.8;
    private const int Enough = 5;

    public static ProviderState Of(CallSample calls, IReadOnlyList<TargetHealth> targets, Reader reader) =>
        targets.Any(target => target.IsRefusingCredential) ? new("Refuses the credential", "bad", Icons.Material.Outlined.Key)
        : targets.Select(target => target.CoolingUntil()).Max() is { } until ? new($"Cooling down, {reader.Span(until - reader.Now)} left", "warn", Icons.Material.Outlined.AcUnit)
        : calls switch
        {
            { Count: 0 } => new("No calls lately", "calm", Icons.Material.Outlined.HelpOutline),
            { Count: >= Enough, FailedShare: >= Down } => new("Failing", "bad", Icons.Material.Outlined.Close),
            { FailedShare: >= Degraded } => new("Degraded", "warn", Icons.Material.Outlined.WarningAmber),
            _ => new("Up", "good", Icons.Material.Outlined.Check),
        };
}
