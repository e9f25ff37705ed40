namespace Gateway.Proxy;

/// <summary>
/// Cancels a call whose upstream keeps it waiting: for the first byte, or between two reads of the answer.
/// Only time spent waiting for the upstream counts, so a caller who reads slowly is not cut off.
/// </summary>
/// <remarks>
/// One timer a call, set anew only when it fires, and never further ahead than the next limit may end: a read costs two stores. <see cref="CancellationTokenSource.CancelAfter(TimeSpan)"/>
/// on each read would take the timer queue's lock twice an event.
/// </remarks>
internal sealed class UpstreamDeadline : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _idle;
    private readonly ITimer _timer;
    private TimeSpan _limit;
    private long _waitingSince;

    public UpstreamDeadline(TimeProvider time, TimeSpan firstByte, TimeSpan idle)
    {
        _time = time;
        _idle = idle;
        _limit = firstByte;
        _waitingSince = time.GetTimestamp();
        _timer = time.CreateTimer(static state => ((UpstreamDeadline)state!).Check(), this, firstByte < idle ? firstByte : idle, Timeout.InfiniteTimeSpan);
    }

    public CancellationToken Token => _cancel.Token;

    public bool Expired => _cancel.IsCancellationRequested;

    /// <summary>Whether it was not the upstream that made it end.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>The answer's headers are here: from now on the idle limit counts, and only while a read waits.</summary>
    public void AnswerBegan()
    {
        Volatile.Write(ref _waitingSince, 0);
        _limit = _idle;
    }

    public void ReadBegins() => Volatile.Write(ref _waitingSince, _time.GetTimestamp());

    public void ReadEnded() => Volatile.Write(ref _waitingSince, 0);

    /// <summary>Ends the call now, whatever the upstream does.</summary>
    public void Stop()
    {
        try
        {
            IsStopped = !_cancel.IsCancellationRequested;
            _ = _cancel.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The call ended by itself.
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _cancel.Dispose();
    }

    private void Check()
    {
        var since = Volatile.Read(ref _waitingSince);
        var left = since == 0 ? _limit : _limit - _time.GetElapsedTime(since);
        try
        {
            if (left <= TimeSpan.Zero)
            {
                _cancel.Cancel();
            }
            else
            {
                var next = left < _idle ? left : _idle;
                _timer.Change(next < MinimumWait ? MinimumWait : next, Timeout.InfiniteTimeSpan);
            }
        }
        catch (ObjectDisposedException)
        {
            // The call ended while the timer was firing.
        }
    }

    /// <summary>Timers count in whole milliseconds.</summary>
    private static readonly TimeSpan MinimumWait = TimeSpan.FromMilliseconds(1);
}
