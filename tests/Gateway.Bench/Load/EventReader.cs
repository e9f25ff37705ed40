using System.Diagnostics;
using Gateway.Bench.Http;

namespace Gateway.Bench.Load;

/// <summary>Finds the stamped events in an answer's body, however it was cut, and records how late each one came.</summary>
internal sealed class EventReader(LoadTally tally) : IBodySink
{
    private readonly byte[] _unfinishedLine = new byte[256];
    private int _unfinishedLength;
    private long _askedAt;
    private long _receivedAt;

    public int Events { get; private set; }

    public void Begin(long askedAt)
    {
        _askedAt = askedAt;
        _unfinishedLength = 0;
        Events = 0;
    }

    public void ReceivedNow() => _receivedAt = Stopwatch.GetTimestamp();

    public void Accept(ReadOnlySpan<byte> bytes)
    {
        for (var end = bytes.IndexOf((byte)'\n'); end >= 0; end = bytes.IndexOf((byte)'\n'))
        {
            if (_unfinishedLength == 0)
            {
                ReadLine(bytes[..end]);
            }
            else
            {
                Remember(bytes[..end]);
                ReadLine(_unfinishedLine.AsSpan(0, _unfinishedLength));
                _unfinishedLength = 0;
            }

            bytes = bytes[(end + 1)..];
        }

        Remember(bytes);
    }

    /// <summary>Only a line's beginning matters: the stamp is there.</summary>
    private void Remember(ReadOnlySpan<byte> bytes)
    {
        var kept = bytes[..Math.Min(bytes.Length, _unfinishedLine.Length - _unfinishedLength)];
        kept.CopyTo(_unfinishedLine.AsSpan(_unfinishedLength));
        _unfinishedLength += kept.Length;
    }

    private void ReadLine(ReadOnlySpan<byte> line)
    {
        if (!BenchEvent.TryReadStamp(line, out var sentAt))
        {
            return;
        }

        if (Events++ == 0)
        {
            tally.FirstEvent.Record(_receivedAt - _askedAt);
        }

        tally.EventDelay.Record(_receivedAt - sentAt);
    }
}
