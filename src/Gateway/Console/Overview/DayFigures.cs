using Gateway.Console.Usage;
using Gateway.Quotas;
using Microsoft.Extensions.Options;

namespace Gateway.Console.Overview;

/// <summary>Two days by the hour, for everybody who looks at Home: one read a quarter of a minute.</summary>
internal sealed class DayFigures(UsageHours sums, IOptions<QuotaOptions> quotas, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(15);

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
                var span = UsageSpan.Of("24h", null, null, now, TimeZoneInfo.FindSystemTimeZoneById(quotas.Value.TimeZone));
                var all = await sums.AskAsync(span.WithOneBefore(), UsageBy.Model, cancel);
                _last = new Sample(now, span, [.. all.Where(sum => sum.Bucket >= span.From)], Sum(all.Where(sum => sum.Bucket < span.From)));
            }

            return _last;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private static UsageSum Sum(IEnumerable<UsageSum> some) => some.Aggregate(UsageSum.Zero(default, ""), UsageSum.Add);

    /// <summary>The figures of one moment.</summary>
    internal sealed record Sample(DateTimeOffset At, UsageSpan Span, IReadOnlyList<UsageSum> Today, UsageSum Before)
    {
        public UsageSum Total { get; } = Sum(Today);

        /// <summary>What did not go wrong, and what did, by the hour.</summary>
        public IReadOnlyList<ChartSeries> Requests =>
        [
            new("Completed", Hourly(sum => sum.Requests - sum.Errors), 0),
            new("Refused or failed", Hourly(sum => sum.Errors), -1),
        ];

        public IReadOnlyList<UsageSum> Models => [.. Today.GroupBy(sum => sum.Group).Select(group => group.Aggregate(UsageSum.Add)).OrderByDescending(sum => sum.Micros).ThenByDescending(sum => sum.Input + sum.Output)];

        private decimal[] Hourly(Func<UsageSum, long> figure)
        {
            var hours = new decimal[Span.Buckets.Count];
            foreach (var sum in Today)
            {
                if (Span.IndexOf(sum.Bucket) is var at and >= 0)
                {
                    hours[at] += figure(sum);
                }
            }

            return hours;
        }
    }
}
