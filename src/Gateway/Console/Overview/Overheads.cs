using System.Diagnostics.Metrics;
using Gateway.Telemetry;

namespace Gateway.Console.Overview;

/// <summary>
/// What calls of late spent in this gateway itself, which no row of the ledger tells. It listens to the metric only while somebody looks: calls of
/// a gateway whose console is closed pay nothing for it.
/// </summary>
internal sealed class Overheads(TimeProvider time) : IDisposable
{
    private const int Kept = 512;
    private const double Percentile = 0.95;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly double[] _seconds = new double[Kept];
    private MeterListener? _listener;
    private long _lastAsked;
    private int _count;

    /// <summary>How many calls it is about, and the time that 95 of 100 stay below; null while there was none since somebody began to look.</summary>
    public (int Calls, TimeSpan? P95) Read()
    {
        lock (_lock)
        {
            Volatile.Write(ref _lastAsked, time.GetTimestamp());
            _listener ??= Listen();
            var calls = Math.Min(Volatile.Read(ref _count), Kept);
            if (calls == 0)
            {
                return (0, null);
            }

            double[] sorted = [.. _seconds.Take(calls).Order()];
            return (calls, TimeSpan.FromSeconds(sorted[(int)Math.Ceiling(calls * Percentile) - 1]));
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _listener?.Dispose();
        }
    }

    private MeterListener Listen()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, self) =>
            {
                if (instrument is { Name: GatewayMetrics.OverheadName, Meter.Name: GatewayMetrics.MeterName })
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => Took(seconds));
        listener.Start();
        return listener;
    }

    /// <summary>Two calls may write to one place when 512 end at the same moment: a figure less, no lock in a call's way.</summary>
    private void Took(double seconds)
    {
        _seconds[(uint)(Interlocked.Increment(ref _count) - 1) % Kept] = seconds;
        if (time.GetElapsedTime(Volatile.Read(ref _lastAsked)) > Patience && _lock.TryEnter())
        {
            try
            {
                _listener?.Dispose();
                (_listener, _count) = (null, 0);
            }
            finally
            {
                _lock.Exit();
            }
        }
    }
}
