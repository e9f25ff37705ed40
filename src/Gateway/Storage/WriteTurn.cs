namespace Gateway.Storage;

/// <summary>
/// Whose turn it is to write. SQLite lets one connection write at a time and makes the others poll; beside a ledger that commits back to back
/// an admin's change would lose that lottery, so writers of this process queue here instead.
/// </summary>
internal sealed class WriteTurn : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    public void Enter() => _turn.Wait();

    public Task EnterAsync(CancellationToken cancel) => _turn.WaitAsync(cancel);

    public void Leave() => _turn.Release();

    public void Dispose() => _turn.Dispose();
}
