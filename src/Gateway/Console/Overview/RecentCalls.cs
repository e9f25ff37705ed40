using Gateway.Ledger;

namespace Gateway.Console.Overview;

/// <summary>What was called in the last quarter of an hour. One read for all who look: their number costs the database nothing.</summary>
internal sealed class RecentCalls(LedgerQueries ledger, TimeProvider time) : IDisposable
{
    /// <summary>Rows looked at; on a busy gateway they reach less far back.</summary>
    private const int MostRows = 500;

    public static readonly TimeSpan Span = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private Sample? _last;

    public async Task<Sample> ReadAsync(CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            var now = time.GetUtcNow();
            if (_last is null || now - _last.At >= GoodFor)
            {
                _last = new Sample(now, (await ledger.PageAsync(new LedgerFilter { From = now - Span }, null, MostRows, cancel)).Rows);
            }

            return _last;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>The calls seen at one moment.</summary>
    internal sealed record Sample(DateTimeOffset At, IReadOnlyList<LedgerEntry> Calls)
    {
        public CallSample All { get; } = new(Calls);

        public CallSample OfProvider(string provider) => new([.. Calls.Where(call => call.Provider == provider)]);
    }
}
