namespace Gateway.Storage;

/// <summary>
/// Whose turn it is to write. SQLite lets one connection write at a time and makes the others poll; beside a ledger that commits back to back
/// an admin's change would lose that lottery, so writers of this process queue here instead.
/// </summary>
/// <param name="isNeeded">False on PostgreSQL, where writers wait for each other's rows only: one that hangs must not hold up the rest.</param>
internal sealed class WriteTurn(bool isNeeded) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    public void Enter()
    {
        if (isNeeded)
        {
            _turn.Wait();
        }
    }

    public Task EnterAsync(CancellationToken cancel) => isNeeded ? _turn.WaitAsync(cancel) : Task.CompletedTask;

    public void Leave()
    {
        if (isNeeded)
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
