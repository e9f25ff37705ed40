using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Gateway.Storage;
using Microsoft.Extensions.Options;

namespace Gateway.Ledger;

/// <summary>
/// The one writer of the ledger. A call takes a slot when it is admitted and gives its row when it is done; the row waits in memory for at most
/// a few milliseconds and is committed with what else gathered. What waits is bounded by the slots, so a database that is away means 503 for
/// new calls and never a lost row: rows are kept and tried again until they are in.
/// </summary>
/// <remarks>A thread of its own, since a commit blocks on the disk, and a blocked thread of the pool is one that serves no caller.</remarks>
internal sealed partial class LedgerWriter : IHostedService, IDisposable
{
    /// <summary>Rows in one transaction: beyond it a row gets no cheaper, and admins would wait longer for their turn.</summary>
    private const int MaxGroup = 1_000;

    /// <summary>A name in a row, in characters. A caller may send one as long as a body.</summary>
    public const int MaxText = 256;

    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(1);

    /// <summary>What a stop grants the ledger at least: draining the port before may have used up the host's own deadline.</summary>
    private static readonly TimeSpan LeastFlush = TimeSpan.FromSeconds(5);

    /// <summary>
    /// What it grants calls that are still being settled: as long as settling may take. The first count loads its vocabulary, which takes
    /// seconds on a busy machine.
    /// </summary>
    private static readonly TimeSpan LeastSettle = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<LedgerEntry> _queue = new();
    private readonly List<LedgerEntry> _group = new(MaxGroup);
    private readonly AutoResetEvent _wake = new(false);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _givingUp = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LedgerTable _table;
    private readonly WriteTurn _turn;
    private readonly StoreHealth _health;
    private readonly TimeProvider _time;
    private readonly ILogger<LedgerWriter> _log;
    private readonly int _capacity;
    private int _slots;
    private int _recorded;
    private int _awake;
    private bool _started;

    public LedgerWriter(SqliteFile file, WriteTurn turn, StoreHealth health, IOptions<LedgerOptions> options, TimeProvider time, ILogger<LedgerWriter> log)
    {
        _table = new LedgerTable(file);
        _turn = turn;
        _health = health;
        _time = time;
        _log = log;
        _capacity = options.Value.QueueRows;
    }

    /// <summary>Raised on the writer's thread after each try to commit. What a handler throws ends up in the log.</summary>
    public event Action<LedgerCommit>? Tried;

    /// <summary>Rows that wait for the database.</summary>
    public int QueuedRows => Volatile.Read(ref _recorded);

    /// <summary>Slots taken: calls under way and rows that wait.</summary>
    public int TakenSlots => Volatile.Read(ref _slots);

    /// <summary>Takes a slot for a call; false means the call must be refused. Each slot taken must be used by exactly one <see cref="Record"/>.</summary>
    public bool TryReserve()
    {
        if (Interlocked.Increment(ref _slots) <= _capacity)
        {
            return true;
        }

        Interlocked.Decrement(ref _slots);
        return false;
    }

    /// <summary>Hands over a call's row, using its slot. Never waits.</summary>
    public void Record(LedgerEntry entry)
    {
        Interlocked.Increment(ref _recorded);
        _queue.Enqueue(Shorten(entry));
        if (Interlocked.Exchange(ref _awake, 1) == 0)
        {
            _wake.Set();
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _started = true;
        new Thread(Run) { Name = "ledger", IsBackground = true }.Start();
        return Task.CompletedTask;
    }

    /// <summary>Returns when every slot's row is committed; gives up when the host does, but not before the ledger had its own time.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!_started)
        {
            return;
        }

        await _stopping.CancelAsync();
        _wake.Set();
        var host = Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellationToken);
        var settle = Task.Delay(LeastSettle, _time, CancellationToken.None);
        var ended = await HasEndedAsync(Task.WhenAll(Task.Delay(LeastFlush, _time, CancellationToken.None), host))
            || (TakenSlots > QueuedRows && await HasEndedAsync(settle));
        if (!ended)
        {
            await _givingUp.CancelAsync();
            _wake.Set();
            await _ended.Task;
        }
    }

    public void Dispose()
    {
        _table.Dispose();
        _wake.Dispose();
        _stopping.Dispose();
        _givingUp.Dispose();
    }

    private async Task<bool> HasEndedAsync(Task before) => await Task.WhenAny(_ended.Task, before) == _ended.Task;

    private void Run()
    {
        var done = false;
        while (!_givingUp.IsCancellationRequested && !(done = IsDone()))
        {
            _wake.WaitOne();
            _stopping.Token.WaitHandle.WaitOne(Gather);
            // Before the queue is read: a row that comes after this wakes the thread again.
            Interlocked.Exchange(ref _awake, 0);
            while (!_givingUp.IsCancellationRequested && TakeGroup())
            {
                CommitUntilDone();
            }
        }

        if (!done && TakenSlots is > 0 and var lost)
        {
            LogLost(lost);
        }

        _ended.SetResult();
    }

    /// <summary>Filling all slots in the same step as finding none taken lets no call in that nobody would record.</summary>
    private bool IsDone() => _stopping.IsCancellationRequested && Interlocked.CompareExchange(ref _slots, _capacity, 0) == 0;

    private bool TakeGroup()
    {
        _group.Clear();
        while (_group.Count < MaxGroup && _queue.TryDequeue(out var entry))
        {
            _group.Add(entry);
        }

        return _group.Count > 0;
    }

    private void CommitUntilDone()
    {
        var failures = 0;
        for (var wait = FirstRetry; !TryCommit(failures); wait = wait * 2 < LastRetry ? wait * 2 : LastRetry)
        {
            failures++;
            if (_givingUp.Token.WaitHandle.WaitOne(wait))
            {
                return;
            }
        }

        if (failures > 0)
        {
            LogBack(failures);
        }

        Interlocked.Add(ref _recorded, -_group.Count);
        Interlocked.Add(ref _slots, -_group.Count);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The loop must outlive whatever a store can throw: a row is never lost to it.")]
    private bool TryCommit(int failures)
    {
        var begun = _time.GetTimestamp();
        var succeeded = false;
        try
        {
            CommitInTurn();
            _health.Succeeded(StorePart.Writes);
            succeeded = true;
        }
        catch (Exception failure)
        {
            _health.Failed(StorePart.Writes, failure);
            // Once an outage, not once a try: the next ones say nothing new.
            if (failures == 0)
            {
                LogFailed(failure, QueuedRows);
            }
        }

        Tell(new LedgerCommit(_group.Count, _time.GetElapsedTime(begun), succeeded));
        return succeeded;
    }

    private void CommitInTurn()
    {
        _turn.Enter();
        try
        {
            _table.Write(_group);
        }
        finally
        {
            _turn.Leave();
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "An observer's fault must not stop the ledger.")]
    private void Tell(LedgerCommit commit)
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

    private static LedgerEntry Shorten(LedgerEntry entry) =>
        IsLong(entry.User) || IsLong(entry.Model) || IsLong(entry.Provider) || IsLong(entry.UpstreamModel) || IsLong(entry.UpstreamRequestId)
            ? entry with
            {
                User = Cut(entry.User),
                Model = Cut(entry.Model),
                Provider = Cut(entry.Provider),
                UpstreamModel = Cut(entry.UpstreamModel),
                UpstreamRequestId = Cut(entry.UpstreamRequestId),
            }
            : entry;

    private static bool IsLong(string? text) => text is { Length: > MaxText };

    private static string? Cut(string? text) => text is { Length: > MaxText } ? text[..MaxText] : text;

    [LoggerMessage(4001, LogLevel.Error, "The ledger can't be written; {Rows} rows wait and are tried again")]
    private partial void LogFailed(Exception failure, int rows);

    [LoggerMessage(4002, LogLevel.Critical, "Stopped with {Calls} calls not in the ledger: they were not settled, or the database did not come back, in time")]
    private partial void LogLost(int calls);

    [LoggerMessage(4003, LogLevel.Information, "The ledger can be written again after {Failures} failed tries; no row was lost")]
    private partial void LogBack(int failures);

    [LoggerMessage(4004, LogLevel.Error, "An observer of the ledger failed")]
    private partial void LogObserver(Exception failure);
}
