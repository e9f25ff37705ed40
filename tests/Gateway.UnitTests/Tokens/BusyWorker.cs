using Gateway.Tokens;

namespace Gateway.UnitTests.Tokens;

/// <summary>Holds a counter's only worker until released.</summary>
internal sealed class BusyWorker : IDisposable
{
    private readonly ManualResetEventSlim _release = new();
    private readonly Task _held;

    private BusyWorker(TokenCounter counter, TaskCompletionSource taken)
    {
        _held = counter.CountAsync(
            TokenEncodings.Gpt2,
            0,
            _ =>
            {
                taken.SetResult();
                _release.Wait();
            },
            CancellationToken.None).AsTask();
    }

    public static async Task<BusyWorker> TakeAsync(TokenCounter counter, CancellationToken cancel)
    {
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var busy = new BusyWorker(counter, taken);
        await taken.Task.WaitAsync(cancel);
        return busy;
    }

    public void Release() => _release.Set();

    public void Dispose()
    {
        _release.Set();
        _held.GetAwaiter().GetResult();
        _release.Dispose();
    }
}
