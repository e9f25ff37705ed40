namespace Gateway.IntegrationTests.Storage;

/// <summary>Waits for a condition that another thread brings about, for those that raise no signal.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public static async Task IsTrueAsync(Func<ValueTask<bool>> condition, TimeSpan within, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(within);
        using var timer = new PeriodicTimer(Pause);
        while (!await condition())
        {
            await timer.WaitForNextTickAsync(deadline.Token);
        }
    }
}
