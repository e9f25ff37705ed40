using Gateway.Keys;
using Gateway.Quotas;

namespace Gateway.Console.Overview;

/// <summary>The limits nearly spent. Asked of all counters, so for everybody at once and not often.</summary>
internal sealed class NearLimits(LimitRanking ranking, TimeProvider time) : IDisposable
{
    private const double Near = 0.8;
    private const int Most = 8;

    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private (DateTimeOffset At, IReadOnlyList<LimitPlacing>? Placings)? _last;

    /// <summary>The fullest first; null while the counters can't be asked.</summary>
    public async Task<IReadOnlyList<LimitPlacing>?> ReadAsync(CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            var now = time.GetUtcNow();
            if (_last is not { } last || now - last.At >= GoodFor)
            {
                IReadOnlyList<LimitPlacing>? near = (await ranking.AllAsync(cancel)).TryGet(out var all, out _)
                    ? [.. all.Where(placing => placing.Share >= Near && placing.Figure.Limit.Mode != LimitMode.Shadow).OrderBy(placing => placing.Place).Take(Most)]
                    : null;
                _last = last = (now, near);
            }

            return last.Placings;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
