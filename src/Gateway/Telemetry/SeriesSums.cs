using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Gateway.Telemetry;

/// <summary>
/// A counter's series, summed here and read when somebody looks. Every call adds to several counters: finding a series by its values costs a fraction of
/// handing all names and values to each exporter's own sums.
/// </summary>
/// <typeparam name="TSeries">The values of a series' labels, from closed sets.</typeparam>
/// <param name="label">Names them. Called once a series.</param>
internal sealed class SeriesSums<TSeries>(Func<TSeries, KeyValuePair<string, object?>[]> label)
    where TSeries : struct, IEquatable<TSeries>
{
    private readonly ConcurrentDictionary<TSeries, Sum> _sums = new();

    /// <summary>Adds to a series; 0 begins it, so that the first that counts shows as an increase.</summary>
    public void Add(TSeries series, long amount)
    {
        if (!_sums.TryGetValue(series, out var sum))
        {
            sum = _sums.GetOrAdd(series, new Sum(label(series)));
        }

        Interlocked.Add(ref sum.Total, amount);
    }

    public IEnumerable<Measurement<long>> Measure() => _sums.Select(series => new Measurement<long>(Interlocked.Read(ref series.Value.Total), series.Value.Labels));

    /// <summary>Sums of a millionth each, in wholes.</summary>
    public IEnumerable<Measurement<double>> MeasureMillionths() =>
        _sums.Select(series => new Measurement<double>(Interlocked.Read(ref series.Value.Total) / 1e6, series.Value.Labels));

    private sealed class Sum(KeyValuePair<string, object?>[] labels)
    {
        public long Total;

        public KeyValuePair<string, object?>[] Labels { get; } = labels;
    }
}
