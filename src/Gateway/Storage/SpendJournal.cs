using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Storage;

/// <summary>
/// The one writer of reservations and of the ledger. Writes wait in memory for a few milliseconds at most and are committed with what else
/// gathered, in the order in which they came. What may not be lost is kept and tried again until it is in.
/// </summary>
/// <remarks>A thread of its own, since a commit blocks on the disk, and a blocked thread of the pool is one that serves no caller.</remarks>
internal sealed partial class SpendJournal(JournalSession session, WriteTurn turn, StoreHealth health, TimeProvider time, ILogger<SpendJournal> log)
    : IHostedService, IDisposable
{
    /// <summary>Writes in one transaction: beyond it a write gets no cheaper, and admins would wait longer for their turn.</summary>
    private const int MaxGroup = 1_000;

    /// <summary>
    /// What gathers while nobody waits. Rows must be readable two seconds after their call. Where somebody does wait, what comes during one commit is
    /// the next group, and that is enough: a pause before it would be felt by every caller, and costs more processor than it saves.
    /// </summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(10);

    /// <summary>What gathers more where many have come by then: rows of one group share the pages and the sync that they cost, half the journal's work.</summary>
    private static readonly TimeSpan BusyGather = TimeSpan.FromMilliseconds(30);

    /// <summary>Writes within <see cref="Gather"/> that make a gateway busy: some 3,000 calls a second.</summary>
    private const int BusyGroup = 32;

    /// <summary>
    /// How long a database that took a group counts as there: calls with hard limits are refused where it is not. While calls end, groups come oftener;
    /// after a pause a call asks the database itself.
    /// </summary>
    private static readonly TimeSpan Trust = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(1);

    /// <summary>What a stop grants at least: draining the port before may have used up the host's own deadline.</summary>
    private static readonly TimeSpan LeastFlush = TimeSpan.FromSeconds(5);

    private const long Unproven = long.MinValue;

    private readonly ConcurrentQueue<JournalWrite> _urgent = new();
    private readonly ConcurrentQueue<JournalWrite> _queue = new();
    private readonly List<JournalWrite> _group = new(MaxGroup);
    private readonly AutoResetEvent _wake = new(false);
    private readonly AutoResetEvent _hurry = new(false);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _givingUp = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _patient;
    private int _failures;
    private int _queued;
    private int _awake;
    private long _provenAt = Unproven;
    private bool _started;

    /// <summary>Raised on the journal's thread after each try to commit. What a handler throws ends up in the log.</summary>
    public event Action<JournalCommit>? Tried;

    /// <summary>Writes that wait for the database.</summary>
    public int Queued => Volatile.Read(ref _queued);

    /// <summary>Hands over a write. Never waits. Writes of one call keep their order if each is added after the one before was.</summary>
    public void Add(JournalWrite write)
    {
        Interlocked.Increment(ref _queued);
        (write.IsUrgent ? _urgent : _queue).Enqueue(write);
        if (write.IsUrgent)
        {
            _hurry.Set();
        }

        Wake();
    }

    /// <summary>Makes a reservation durable at once, where that needs no transaction.</summary>
    /// <returns>False: hand a <see cref="ReservationWrite"/> over, and see.</returns>
    public bool TryKeep(ReservationRow row)
    {
        if (session.Log is not { } log || Volatile.Read(ref _provenAt) is var proven && (proven == Unproven || time.GetElapsedTime(proven) > Trust) || !log.TryKeep(row, out var mustSync))
        {
            return false;
        }

        if (mustSync)
        {
            Wake();
        }

        return true;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _started = true;
        new Thread(Run) { Name = "journal", IsBackground = true }.Start();
        return Task.CompletedTask;
    }

    /// <summary>Returns when all that was handed over is committed; gives up when the host does, but not before it had its own time.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!_started)
        {
            return;
        }

        await _stopping.CancelAsync();
        _wake.Set();
        var least = Task.Delay(LeastFlush, time, CancellationToken.None);
        var host = Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
        if (await Task.WhenAny(_ended.Task, Task.WhenAll(least, host)) != _ended.Task)
        {
            await _givingUp.CancelAsync();
            _wake.Set();
            await _ended.Task;
        }
    }

    public void Dispose()
    {
        session.Dispose();
        _wake.Dispose();
        _hurry.Dispose();
        _stopping.Dispose();
        _givingUp.Dispose();
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _awake, 1) == 0)
        {
            _wake.Set();
        }
    }

    private void Run()
    {
        while (!_givingUp.IsCancellationRequested && !(_stopping.IsCancellationRequested && Queued == 0))
        {
            if (!_wake.WaitOne(session.Log is { IsUnsynced: true } ? ReservationLog.SyncAfter : Timeout.InfiniteTimeSpan))
            {
                SyncLog();
                continue;
            }

            GatherRows();
            // Before the queues are read: what comes after this wakes the thread again.
            _hurry.Reset();
            Interlocked.Exchange(ref _awake, 0);
            while (!_givingUp.IsCancellationRequested && TakeGroup())
            {
                CommitUntilDone();
            }

            if (session.Log is { IsSyncDue: true })
            {
                SyncLog();
            }
        }

        if (Queued > 0)
        {
            LogLost(Queued);
            TakeGroup();
            Finish(new OperationCanceledException("The gateway stopped before the database came back."));
        }

        _ended.SetResult();
    }

    /// <summary>
    /// Waits until enough rows may have come. What is urgent meanwhile is committed apart where that is cheap, so that nobody waits for the disk to
    /// take rows of calls that are over; else it ends the wait and takes the rows along.
    /// </summary>
    private void GatherRows()
    {
        var begun = time.GetTimestamp();
        for (var enough = Gather; !_stopping.IsCancellationRequested;)
        {
            if (!_urgent.IsEmpty)
            {
                if (session.Log is not { IsOpen: true })
                {
                    return;
                }

                _group.Clear();
                _patient = 0;
                TakeUrgent();
                TryCommit();
            }

            var left = enough - time.GetElapsedTime(begun);
            if (left > TimeSpan.Zero && _hurry.WaitOne(left))
            {
                continue;
            }

            if (enough > Gather || Queued <= BusyGroup)
            {
                return;
            }

            enough += BusyGather;
        }
    }

    /// <summary>
    /// Patient writes are taken off their queue first and written last: a call's reservation came before its row, so it is in this group too, or
    /// was in one before.
    /// </summary>
    private bool TakeGroup()
    {
        _group.Clear();
        while (_group.Count < MaxGroup && _queue.TryDequeue(out var write))
        {
            _group.Add(write);
        }

        _patient = _group.Count;
        TakeUrgent();
        return _group.Count > 0;
    }

    private void TakeUrgent()
    {
        while (_urgent.TryDequeue(out var write))
        {
            _group.Insert(_group.Count - _patient, write);
        }
    }

    private void CommitUntilDone()
    {
        for (var wait = FirstRetry; !TryCommit(); wait = wait * 2 < LastRetry ? wait * 2 : LastRetry)
        {
            if (_givingUp.Token.WaitHandle.WaitOne(wait))
            {
                return;
            }

            // They share the next try, and its failure: nobody is kept waiting for an outage to end.
            TakeUrgent();
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The loop must outlive whatever a store can throw: a row is never lost to it.")]
    private bool TryCommit()
    {
        var begun = time.GetTimestamp();
        Exception? failure = null;
        try
        {
            CommitInTurn();
            Volatile.Write(ref _provenAt, begun);
            Succeeded();
        }
        catch (Exception thrown)
        {
            failure = thrown;
            Volatile.Write(ref _provenAt, Unproven);
            Fail(thrown);
        }

        Tell(new JournalCommit(_group.Count, time.GetElapsedTime(begun), failure is null));
        Finish(failure);
        return _group.Count == 0;
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The loop must outlive whatever a disk can throw. It is tried again.")]
    private void SyncLog()
    {
        try
        {
            session.Log?.Sync();
            Succeeded();
        }
        catch (Exception thrown)
        {
            Fail(thrown);
        }
    }

    private void Succeeded()
    {
        health.Succeeded(StorePart.Writes);
        if (_failures > 0)
        {
            LogBack(_failures);
            _failures = 0;
        }
    }

    private void Fail(Exception failure)
    {
        health.Failed(StorePart.Writes, failure);
        // Once an outage, not once a try: the next ones say nothing new.
        if (_failures++ == 0)
        {
            LogFailed(failure, Queued);
        }
    }

    private void CommitInTurn()
    {
        turn.Enter();
        try
        {
            session.Commit(_group);
        }
        finally
        {
            turn.Leave();
        }
    }

    /// <summary>Tells each write how it went, and keeps those that are to be tried again.</summary>
    private void Finish(Exception? failure)
    {
        var finished = failure is null ? _group.Count : _group.Count - _patient;
        foreach (var write in _group.Take(finished))
        {
            Inform(write, failure);
        }

        _group.RemoveRange(0, finished);
        Interlocked.Add(ref _queued, -finished);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A fault in what follows a write must not stop the journal.")]
    private void Inform(JournalWrite write, Exception? failure)
    {
        try
        {
            if (failure is null)
            {
                write.Committed();
            }
            else
            {
                write.Failed(failure);
            }
        }
        catch (Exception fault)
        {
            LogObserver(fault);
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "An observer's fault must not stop the journal.")]
    private void Tell(JournalCommit commit)
    {
        try
        {
            Tried?.Invoke(commit);
        }
        catch (Exception failure)
        {
            LogObserver(failure);
        }
    }

    [LoggerMessage(4001, LogLevel.Error, "The ledger can't be written; {Writes} writes wait and are tried again")]
    private partial void LogFailed(Exception failure, int writes);

    [LoggerMessage(4002, LogLevel.Critical, "Stopped with {Writes} writes not in the ledger: the database did not come back in time")]
    private partial void LogLost(int writes);

    [LoggerMessage(4003, LogLevel.Information, "The ledger can be written again after {Failures} failed tries; no row was lost")]
    private partial void LogBack(int failures);

    [LoggerMessage(4004, LogLevel.Error, "An observer of the ledger failed")]
    private partial void LogObserver(Exception failure);
}
