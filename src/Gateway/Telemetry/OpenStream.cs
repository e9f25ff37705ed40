using System.Diagnostics.Metrics;

namespace Gateway.Telemetry;

/// <summary>A stream that is counted as open until this is disposed of.</summary>
internal readonly struct OpenStream(UpDownCounter<long>? streams) : IDisposable
{
    public void Dispose() => streams?.Add(-1);
}
