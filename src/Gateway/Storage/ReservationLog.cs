using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.ObjectPool;

namespace Gateway.Storage;

/// <summary>
/// The reservations of a gateway that counts in its own process, as lines of files beside SQLite's. All that must be kept of a call before its
/// first byte is what it may have spent should nothing more be heard of it: once it has ended it has a row in the ledger, and that is believed. A line
/// without such a row is a call whose process died. So nothing is taken out of a file; it is deleted when none of its calls runs any more.
/// A line is appended once, where a row is written, indexed, counted and deleted again.
/// </summary>
/// <remarks>
/// A call appends its line itself (<see cref="TryKeep"/>), without the database's lock: whether the epoch still was in force it asks the <see cref="EpochMark"/>
/// afterwards. Who raises the epoch writes that mark first and reads the lines then, so finds all that was ever let in under the epoch before.
/// The rest is the journal's thread's, inside its transactions: a reservation that could not be kept in that way, too, after a look at the epoch itself.
/// A process that is killed loses no line; what a power cut can lose is what came within <see cref="SyncAfter"/> and the group that was being gathered then: some 50 ms.
/// </remarks>
internal sealed class ReservationLog : IDisposable
{
    /// <summary>How long lines may be in the system's cache alone before the journal's next pause syncs them. A sync takes half a millisecond, which each of a caller's calls would wait for.</summary>
    public static readonly TimeSpan SyncAfter = TimeSpan.FromMilliseconds(20);

    /// <summary>Some five to ten thousand calls: then the next file is begun.</summary>
    private const long FileBytes = 4 << 20;

    /// <summary>Files that are kept for the sake of calls that run long. Beyond it those of the oldest become rows. Bounds what a start after a crash has to read.</summary>
    private const int OlderFiles = 8;

    /// <summary>Where nothing is held, a file below a quarter is left as it is.</summary>
    private const int IdleShare = 4;

    private const long Synced = long.MinValue;
    private const string Name = "reservations.";
    private const string Extension = ".log";

    private readonly string _directory;
    private readonly TimeProvider _time;
    private readonly long _fileBytes;
    private readonly EpochMark _mark;
    private readonly ConcurrentDictionary<string, HeldLine> _held = new(StringComparer.Ordinal);
    private readonly ObjectPool<ReservationLine> _lines = new DefaultObjectPoolProvider().Create<ReservationLine>();
    private readonly List<ReservationFile> _older = [];
    private readonly List<ReservationRow> _added = [];
    private readonly HashSet<string> _gone = new(StringComparer.Ordinal);
    private readonly ReservationLine _group = new();
    private volatile ReservationFile? _current;
    private long? _takenOver;
    private int _files;
    private long _unsyncedSince = Synced;

    /// <param name="directory">Where the database's file is.</param>
    /// <param name="time">Tells when lines must reach the disk.</param>
    /// <param name="fileBytes">How large a file grows.</param>
    public ReservationLog(string directory, TimeProvider time, long fileBytes = FileBytes)
    {
        (_directory, _time, _fileBytes) = (directory, time, fileBytes);
        _mark = new EpochMark(directory);
    }

    /// <summary>Whether this process has put reservations into it: then what is urgent is mostly lines.</summary>
    public bool IsOpen => _files > 0;

    /// <summary>Whether lines are in the system's cache alone.</summary>
    public bool IsUnsynced => Volatile.Read(ref _unsyncedSince) != Synced;

    /// <summary>Whether they have been for <see cref="SyncAfter"/>.</summary>
    public bool IsSyncDue => Volatile.Read(ref _unsyncedSince) is var since && since != Synced && _time.GetElapsedTime(since) >= SyncAfter;

    /// <summary>Keeps a reservation, at once and on the caller's thread.</summary>
    /// <param name="row">The reservation.</param>
    /// <param name="mustSync">Whether the journal has to be told that there is something to sync.</param>
    /// <returns>False: it may not be kept, or not here; the journal finds out.</returns>
    public bool TryKeep(ReservationRow row, out bool mustSync)
    {
        mustSync = false;
        if (_current is not { } file || file.Epoch != row.Epoch || !file.TryEnter())
        {
            return false;
        }

        var held = new HeldLine(row, file, row.Created);
        if (!_held.TryAdd(row.Id, held))
        {
            file.Leave();
            return false;
        }

        if (TryAppend(file, row) && _mark.Shows(row.Epoch))
        {
            mustSync = IsFirstUnsynced();
            return true;
        }

        // Where it is held no more it has become a row meanwhile, which is as good.
        if (!_held.TryRemove(KeyValuePair.Create(row.Id, held)))
        {
            return true;
        }

        file.Leave();
        return false;
    }

    /// <summary>A group begins; what the one before left undone, because it failed, never was.</summary>
    public void Begin(JournalSession session)
    {
        _added.Clear();
        _gone.Clear();
        _group.Clear();
        _takenOver = null;
        if (_current is { } full && full.Length >= _fileBytes)
        {
            _older.Add(full);
            _current = null;
        }

        if (_older.Count > OlderFiles)
        {
            MoveToTables(session, line => line.IsIn(_older[0]));
        }
    }

    /// <summary>Adds a reservation, unless the epoch of its counters is over or its id is blocked.</summary>
    public bool TryAdd(JournalSession session, ReservationRow row, string fence)
    {
        var find = session.Statement(ReservationSql.FindPlace);
        find.Bind(1, fence);
        find.Bind(2, row.Epoch);
        find.Bind(3, row.Id);
        if (find.Find() is null || _held.ContainsKey(row.Id))
        {
            return false;
        }

        if (!_mark.Shows(row.Epoch))
        {
            // Who wrote another one did not come to its commit.
            _mark.Write(row.Epoch);
        }

        _group.Add(row);
        _added.Add(row);
        return true;
    }

    /// <summary>Whether a reservation is a line only.</summary>
    public bool Holds(string id) => !_gone.Contains(id) && _held.TryGetValue(id, out var line) && line.Row is not null;

    /// <summary>The call has ended: its row says what it spent.</summary>
    public void Ended(string id) => _gone.Add(id);

    /// <summary>Refuses ids from now on, unless they are held: who was slow must not come with them later.</summary>
    public void Block(IEnumerable<string> ids, long now)
    {
        foreach (var id in ids)
        {
            _held.TryAdd(id, new HeldLine(null, null, now));
        }
    }

    /// <summary>Nobody comes any more with ids that were blocked before this moment, in Unix milliseconds.</summary>
    public void Unblock(long before)
    {
        foreach (var held in _held)
        {
            if (held.Value is { Row: null } blocked && blocked.Created < before)
            {
                _held.TryRemove(held);
            }
        }
    }

    /// <summary>Makes rows of all that is held, for who reads the tables.</summary>
    public void MoveToTables(JournalSession session) => MoveToTables(session, _ => true);

    /// <summary>The epoch was raised. What calls of the one before held becomes rows: this process's own, or those that a dead one left behind.</summary>
    /// <param name="session">The group's.</param>
    /// <param name="before">The epoch that was in force.</param>
    /// <param name="raised">The one that will be.</param>
    public void TakeOver(JournalSession session, long before, long raised)
    {
        // Before anything is read: what is appended from here on sees it.
        _mark.Write(raised);
        _takenOver = before;
        if (IsOpen)
        {
            MoveToTables(session);
            return;
        }

        foreach (var row in FilesUpTo(before).Where(file => file.Epoch == before).SelectMany(file => ReservationLine.ReadAll(file.Path)))
        {
            Insert(session, row);
        }
    }

    /// <summary>Writes the group's lines. The last thing before the commit.</summary>
    /// <exception cref="IOException">The disk is full or failed: none of them counts.</exception>
    public void Write()
    {
        if (_added.Count == 0)
        {
            return;
        }

        (_current ??= Create(_added[0].Epoch)).Append(_group.Written);
        IsFirstUnsynced();
    }

    /// <summary>The group is committed.</summary>
    public void Committed()
    {
        foreach (var row in _added)
        {
            _current?.TryEnter();
            _held[row.Id] = new HeldLine(row, _current, row.Created);
        }

        foreach (var id in _gone)
        {
            if (_held.TryRemove(id, out var line))
            {
                line.Leave();
            }
        }

        if (_takenOver is { } over)
        {
            Close();
            foreach (var (_, path) in FilesUpTo(over))
            {
                File.Delete(path);
            }

            return;
        }

        _older.RemoveAll(TryDelete);
        if (_current is { } file && file.Length * IdleShare > _fileBytes && TryDelete(file))
        {
            _current = null;
        }
    }

    /// <summary>Has the disk take what is in the system's cache.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Sync()
    {
        Volatile.Write(ref _unsyncedSince, Synced);
        foreach (var file in _older)
        {
            file.Sync();
        }

        _current?.Sync();
    }

    /// <summary>Stopped in order: there is nothing for the next start to read, but of calls that still run.</summary>
    public void Dispose()
    {
        if (_current is { } file)
        {
            _older.Add(file);
        }

        _older.RemoveAll(TryDelete);
        Close();
        _group.Dispose();
        _mark.Dispose();
    }

    private static void Insert(JournalSession session, ReservationRow row)
    {
        var insert = session.Statement(ReservationSql.InsertUnended);
        ReservationSql.Bind(insert, row);
        if (insert.Run() == 1)
        {
            session.CountHeld(row.Tag, SpendCharge.Read(row.Charges));
        }
    }

    private static bool TryDelete(ReservationFile file)
    {
        if (!file.TryRetire())
        {
            return false;
        }

        file.Dispose();
        File.Delete(file.Path);
        return true;
    }

    private void MoveToTables(JournalSession session, Func<HeldLine, bool> which)
    {
        foreach (var row in _held.Values.Where(which).Select(line => line.Row).Concat(_added))
        {
            if (row is not null && _gone.Add(row.Id))
            {
                Insert(session, row);
            }
        }
    }

    private bool TryAppend(ReservationFile file, ReservationRow row)
    {
        var line = _lines.Get();
        try
        {
            line.Clear();
            line.Add(row);
            file.Append(line.Written);
            return true;
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            _lines.Return(line);
        }
    }

    private bool IsFirstUnsynced() => !IsUnsynced && Interlocked.CompareExchange(ref _unsyncedSince, _time.GetTimestamp(), Synced) == Synced;

    private ReservationFile Create(long epoch) =>
        new(Path.Combine(_directory, string.Create(CultureInfo.InvariantCulture, $"{Name}{epoch}.{_files++}{Extension}")), epoch);

    private void Close()
    {
        _current?.Dispose();
        _current = null;
        _older.ForEach(file => file.Dispose());
        _older.Clear();
    }

    /// <summary>What belongs to this epoch and those before it. A later one may be another process's already.</summary>
    private List<(long Epoch, string Path)> FilesUpTo(long last)
    {
        var files = new List<(long Epoch, string Path)>();
        foreach (var path in Directory.EnumerateFiles(_directory, $"{Name}*{Extension}"))
        {
            var name = Path.GetFileName(path)[Name.Length..^Extension.Length];
            if (long.TryParse(name.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) && epoch <= last)
            {
                files.Add((epoch, path));
            }
        }

        return files;
    }
}
