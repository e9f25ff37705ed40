using Gateway.Ledger;

namespace Gateway.Console.Overview;

/// <summary>
/// How long callers waited for a first byte, hour by hour, by the last calls of each: a short walk along the ledger's index, where a percentile of
/// all would be a scan. An hour that is over is read once.
/// </summary>
internal sealed class FirstBytes(LedgerQueries ledger, TimeProvider time) : IDisposable
{
    public const int CallsAnHour = 100;
    private const int Hours = 24;

    private static readonly TimeSpan GoodFor = TimeSpan.FromMinutes(1);

    /// <summary>A call's row is written when it ends: an hour is complete a while after it is over.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(15);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<DateTimeOffset, Hour> _over = [];
    private IReadOnlyList<Hour>? _last;
    private DateTimeOffset _lastAt;

    /// <summary>The last 24 hours, the oldest first.</summary>
    public async Task<IReadOnlyList<Hour>> ReadAsync(CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            var now = time.GetUtcNow();
            if (_last is null || now - _lastAt >= GoodFor)
            {
                (_last, _lastAt) = (await ReadAsync(now, cancel), now);
            }

            return _last;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<IReadOnlyList<Hour>> ReadAsync(DateTimeOffset now, CancellationToken cancel)
    {
        var current = new DateTimeOffset(now.UtcDateTime.Date.AddHours(now.UtcDateTime.Hour), TimeSpan.Zero);
        var hours = new List<Hour>(Hours);
        for (var start = current.AddHours(1 - Hours); start <= current; start = start.AddHours(1))
        {
            if (!_over.TryGetValue(start, out var hour))
            {
                var page = await ledger.PageAsync(new LedgerFilter { From = start, To = start.AddHours(1) }, null, CallsAnHour, cancel);
                hour = Hour.Of(start, page.Rows);
                if (start.AddHours(1) + Settling < now)
                {
                    _over[start] = hour;
                }
            }

            hours.Add(hour);
        }

        foreach (var old in _over.Keys.Where(start => start < hours[0].Start).ToList())
        {
            _over.Remove(old);
        }

        return hours;
    }

    /// <summary>One hour; null where no call of it had a first byte.</summary>
    internal sealed record Hour(DateTimeOffset Start, TimeSpan? P50, TimeSpan? P95)
    {
        public static Hour Of(DateTimeOffset start, IReadOnlyList<LedgerEntry> calls)
        {
            TimeSpan[] waits = [.. calls.Select(call => call.TimeToFirstByte).OfType<TimeSpan>().Order()];
            return waits.Length == 0 ? new(start, null, null) : new(start, At(waits, 0.5), At(waits, 0.95));
        }

        private static TimeSpan At(TimeSpan[] sorted, double share) => sorted[(int)Math.Ceiling(sorted.Length * share) - 1];
    }
}
