using System.Diagnostics;

namespace Gateway.Bench.Mock;

/// <summary>
/// Sends the events of all streams from one thread, in turn: a timer for each of 512 slow streams would cost more than the streams,
/// and fast ones sent one after another would make the last wait for the first.
/// </summary>
internal sealed class Pacer
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly object _lock = new();
    private readonly PriorityQueue<PacedStream, long> _waiting = new();
    private readonly List<PacedStream> _due = [];

    public void Start() => new Thread(Run) { IsBackground = true, Name = "pacer" }.Start();

    public void Add(PacedStream stream)
    {
        lock (_lock)
        {
            _waiting.Enqueue(stream, stream.DueAt);
            Monitor.Pulse(_lock);
        }
    }

    private void Run()
    {
        while (true)
        {
            if (!TakeDue())
            {
                Thread.Sleep(Tick);
            }

            foreach (var stream in _due)
            {
                if (stream.SendNext())
                {
                    Add(stream);
                }
            }
        }
    }

    /// <summary>Moves what is due out of the queue and says whether there was any; waits while there is no stream at all.</summary>
    private bool TakeDue()
    {
        _due.Clear();
        lock (_lock)
        {
            while (_waiting.Count == 0)
            {
                Monitor.Wait(_lock);
            }

            var now = Stopwatch.GetTimestamp();
            while (_waiting.TryPeek(out _, out var dueAt) && dueAt <= now)
            {
                _due.Add(_waiting.Dequeue());
            }
        }

        return _due.Count > 0;
    }
}
