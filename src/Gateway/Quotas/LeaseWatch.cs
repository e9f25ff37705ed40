using Microsoft.Extensions.Options;

namespace Gateway.Quotas;

/// <summary>
/// Stops calls under a <c>concurrent</c> limit before the counters give their places away: after a pause of this process, or while the counters
/// can't be reached. Reckoned by this process's own clock from when each lease was asked for, so it needs nobody's answer.
/// </summary>
internal sealed class LeaseWatch(QuotaKeeper keeper, IOptions<QuotaOptions> options, TimeProvider time) : BackgroundService
{
    /// <summary>The part of a lease that is kept back for stopping, and for clocks that run at different speeds.</summary>
    private const int Margin = 10;

    private static readonly TimeSpan LargestMargin = TimeSpan.FromSeconds(5);

    /// <summary>How long after its lease was asked for a call may rely on its place.</summary>
    public static TimeSpan PlaceTime(QuotaOptions options) => TimeSpan.FromSeconds(options.LeaseSeconds) - MarginOf(options);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(MarginOf(options.Value) / 2, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                keeper.StopLost();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private static TimeSpan MarginOf(QuotaOptions options)
    {
        var margin = TimeSpan.FromSeconds(options.LeaseSeconds) / Margin;
        return margin < LargestMargin ? margin : LargestMargin;
    }
}
