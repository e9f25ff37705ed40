using Gateway.Storage;
using Microsoft.Extensions.Options;

namespace Gateway.Ledger;

/// <summary>
/// Where calls hand in their rows. A call takes a slot when it is admitted and gives its row when it is done; the row waits in memory for at most
/// a few milliseconds and is committed with what else gathered. What waits is bounded by the slots, so a database that is away means 503 for
/// new calls and never a lost row: rows are kept and tried again until they are in.
/// </summary>
internal sealed partial class LedgerWriter(SpendJournal journal, IOptions<LedgerOptions> options, TimeProvider time, ILogger<LedgerWriter> log) : IHostedService
{
    /// <summary>A name in a row, in characters. A caller may send one as long as a body.</summary>
    public const int MaxText = JournalStatement.MaxText;

    /// <summary>What a stop grants the ledger at least: draining the port before may have used up the host's own deadline.</summary>
    private static readonly TimeSpan LeastFlush = TimeSpan.FromSeconds(5);

    /// <summary>
    /// What it grants calls that are still being settled: as long as settling may take. The first count loads its vocabulary, which takes
    /// seconds on a busy machine.
    /// </summary>
    private static readonly TimeSpan LeastSettle = TimeSpan.FromSeconds(30);

    private readonly int _capacity = options.Value.QueueRows;
    private readonly StrangerRows _strangers = new(options.Value.UnknownKeyRowsPerMinute, time);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopping;
    private int _slots;
    private int _recorded;

    /// <summary>Rows that wait for the database.</summary>
    public int QueuedRows => Volatile.Read(ref _recorded);

    /// <summary>Slots taken: calls under way and rows that wait.</summary>
    public int TakenSlots => Volatile.Read(ref _slots);

    /// <summary>Takes a slot for a call; false means the call must be refused. Each slot taken must be used by exactly one <see cref="Record(LedgerEntry, Settlement?)"/>.</summary>
    public bool TryReserve()
    {
        if (Interlocked.Increment(ref _slots) <= _capacity)
        {
            return true;
        }

        Interlocked.Decrement(ref _slots);
        return false;
    }

    /// <summary>Hands over the row of a call that counts against no limit, using its slot. Never waits.</summary>
    public void Record(LedgerEntry entry) => Record(entry, null);

    /// <summary>Hands over a call's row and what ends its reservation, as one transaction, using its slot. Never waits.</summary>
    public void Record(LedgerEntry entry, Settlement? settlement)
    {
        if (entry is { KeyId: null, Status: StatusCodes.Status401Unauthorized } && !MayHaveRow())
        {
            Interlocked.Decrement(ref _slots);
            EndIfDrained();
            return;
        }

        Interlocked.Increment(ref _recorded);
        journal.Add(new LedgerRow(Shorten(entry), settlement, RowWritten));
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Returns when every slot's row is committed; gives up when the host does, but not before the ledger had its own time.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        EndIfDrained();
        var host = Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
        var settle = Task.Delay(LeastSettle, time, CancellationToken.None);
        var drained = await HasDrainedAsync(Task.WhenAll(Task.Delay(LeastFlush, time, CancellationToken.None), host))
            || (TakenSlots > QueuedRows && await HasDrainedAsync(settle));
        if (!drained)
        {
            LogLost(TakenSlots);
            // For good: a second stop waits for nobody.
            _drained.TrySetResult();
        }
    }

    private bool MayHaveRow()
    {
        var may = _strangers.TryTake(out var isFirstLeftOut);
        if (isFirstLeftOut)
        {
            LogStrangers(options.Value.UnknownKeyRowsPerMinute);
        }

        return may;
    }

    private async Task<bool> HasDrainedAsync(Task before) => await Task.WhenAny(_drained.Task, before) == _drained.Task;

    private void RowWritten()
    {
        Interlocked.Decrement(ref _recorded);
        Interlocked.Decrement(ref _slots);
        EndIfDrained();
    }

    /// <summary>Filling all slots in the same step as finding none taken lets no call in that nobody would record.</summary>
    private void EndIfDrained()
    {
        if (_stopping && Interlocked.CompareExchange(ref _slots, _capacity, 0) == 0)
        {
            _drained.TrySetResult();
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

    private static string? Cut(string? text) => text is null ? null : SafeText.Cut(text, MaxText);

    [LoggerMessage(4006, LogLevel.Warning, "More than {Rows} calls came without a valid key in this minute; its further ones have no row in the ledger, metrics count them (Gateway:Ledger:UnknownKeyRowsPerMinute)")]
    private partial void LogStrangers(int rows);

    [LoggerMessage(4005, LogLevel.Critical, "Stopped before {Calls} calls were in the ledger: they were not settled, or the database did not come back, in time")]
    private partial void LogLost(int calls);
}
