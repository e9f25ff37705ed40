using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Gateway.Prompts;

/// <summary>Drops the days that are older than the settings allow, whole, at the start and every hour.</summary>
internal sealed partial class PromptRetention(PromptStore store, IOptions<PromptLogOptions> options, TimeProvider time, ILogger<PromptRetention> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);

    /// <summary>What arrived before this is not shown any more, whether its day is dropped yet or not.</summary>
    public DateTimeOffset KeptFrom => time.GetUtcNow().AddDays(-options.Value.RetentionDays);

    public async Task ApplyAsync(CancellationToken cancel)
    {
        // A day goes when the last of it is old enough.
        if (await store.DropBeforeAsync(PromptRow.DayOf(KeptFrom), cancel) is var dropped and > 0)
        {
            LogDropped(dropped);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
            {
                await TryApplyAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is done.
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A day that can't be dropped now is tried again: the loop must go on.")]
    private async Task TryApplyAsync(CancellationToken cancel)
    {
        try
        {
            await ApplyAsync(cancel);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancel.IsCancellationRequested)
        {
            LogFailed(failure);
        }
    }

    [LoggerMessage(4120, LogLevel.Information, "Dropped the prompts of {Days} days that were older than Gateway:PromptLog:RetentionDays")]
    private partial void LogDropped(int days);

    [LoggerMessage(4121, LogLevel.Error, "Old prompts could not be dropped; the next try is in an hour")]
    private partial void LogFailed(Exception failure);
}
