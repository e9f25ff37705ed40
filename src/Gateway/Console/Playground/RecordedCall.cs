using Gateway.Ledger;
using Gateway.Storage;

namespace Gateway.Console.Playground;

/// <summary>The row of a call that has just ended.</summary>
internal static class RecordedCall
{
    private const int MostLooks = 50;

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits for it: it is written within two seconds of the call's end, and says what the call used and cost.</summary>
    public static async Task RecordedAsync(this LedgerQueries ledger, ChatAnswer answer, TimeProvider time)
    {
        if (answer.RequestId is not { } id)
        {
            return;
        }

        using var timer = new PeriodicTimer(Between, time);
        for (var looks = 0; looks < MostLooks; looks++)
        {
            if (await ledger.FindAsync(new RequestId(id), CancellationToken.None) is { } row)
            {
                answer.Recorded(row);
                return;
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
