using Gateway.Ledger;
using MudBlazor;

namespace Gateway.Console.Words;

/// <summary>How a call ended, as a word with a colour and a sign.</summary>
/// <param name="Word">The word.</param>
/// <param name="Tone">The colour: good, warn, bad or calm.</param>
/// <param name="Icon">The sign.</param>
internal sealed record CallState(string Word, string Tone, string Icon)
{
    public static CallState Of(CallOutcome outcome) => outcome switch
    {
        CallOutcome.Completed => new("OK", "good", Icons.Material.Outlined.Check),
        CallOutcome.ClientDisconnected => new("Caller left", "calm", Icons.Material.Outlined.SubdirectoryArrowLeft),
        CallOutcome.UpstreamCut => new("Cut off", "warn", Icons.Material.Outlined.ContentCut),
        CallOutcome.UpstreamError => new("Provider error", "bad", Icons.Material.Outlined.WarningAmber),
        CallOutcome.TimedOut => new("Timed out", "bad", Icons.Material.Outlined.TimerOff),
        CallOutcome.Denied => new("Over limit", "warn", Icons.Material.Outlined.Block),
        CallOutcome.Rejected => new("Refused", "calm", Icons.Material.Outlined.Close),
        _ => new("Lost", "bad", Icons.Material.Outlined.HourglassEmpty),
    };
}
