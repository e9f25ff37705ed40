using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Storage;

/// <summary>
/// The reservations of a gateway that counts in its own process, as lines of a file beside SQLite's. All that must be kept of a call before its
/// first byte is what it may have spent should nothing more be heard of it: once it has ended it has a row in the ledger, and that is believed. A line
/// without such a row is a call whose process died. So nothing is taken out of the file; it is emptied when none of its calls runs any more.
/// A line is appended once, where a row is written, indexed, counted and deleted again.
/// </summary>
/// <remarks>
/// Used by the journal's thread alone, and written inside its transactions: they hold the database's write lock and have seen that the epoch is in force.
/// So who raises the epoch, which takes the same lock, finds in the file of the epoch before all that was ever let in under it. A process that is killed loses no line; what
/// a power cut can lose is what came within <see cref="SyncAfter"/> and the group that was being gathered then: some 50 ms.
/// </remarks>
internal sealed class ReservationLog : IDisposable
{
    /// <summary>How long lines may be in the system's cache alone before the journal's next pause syncs them. A sync takes half a millisecond, which each of a caller's calls would wait for.</summary>
    public static readonly TimeSpan SyncAfter = TimeSpan.FromMilliseconds(20);

    /// <summary>Some ten thousand calls: then what still runs moves into the tables and the file is emptied. Bounds what a start after a crash has to read.</summary>
    private const long MaxBytes = 4 << 20;

    /// <summary>Where nothing is held, a file below it is left as it is.</summary>
    private const long IdleBytes = 64 << 10;

    private const string Name = "reservations.";
    private const string Extension = ".log";

    private readonly string _directory;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, ReservationRow> _held = new(StringComparer.Ordinal);
    private readonly List<ReservationRow> _added = [];
    private readonly HashSet<string> _gone = new(StringComparer.Ordinal);
    private readonly ArrayBufferWriter<byte> _lines = new();
    private readonly Utf8JsonWriter _writer;
    private long? _takenOver;
    private SafeFileHandle? _file;
    private long _fileEpoch;
    private long _length;
    private long? _unsyncedSince;

    /// <param name="directory">Where the database's file is.</param>
    /// <param name="time">Tells when lines must reach the disk.</param>
    public ReservationLog(string directory, TimeProvider time)
    {
        (_directory, _time) = (directory, time);
        _writer = new Utf8JsonWriter(_lines);
    }

    /// <summary>Whether this process has put reservations into it: then what is urgent is mostly lines.</summary>
    public bool IsOpen => _file is not null;

    /// <summary>Whether reservations have to be rows until it is emptied, with the next commit.</summary>
    public bool IsFull => _length >= MaxBytes;

    /// <summary>Whether lines are in the system's cache alone.</summary>
    public bool IsUnsynced => _unsyncedSince is not null;

    /// <summary>Whether they have been for <see cref="SyncAfter"/>.</summary>
    public bool IsSyncDue => _unsyncedSince is { } since && _time.GetElapsedTime(since) >= SyncAfter;

    /// <summary>A group begins; what the one before left undone, because it failed, never was.</summary>
    public void Begin()
    {
        _added.Clear();
        _gone.Clear();
        _lines.ResetWrittenCount();
        _takenOver = null;
    }

    /// <summary>Adds a reservation, unless the epoch of its counters is over or its id is blocked.</summary>
    public bool TryAdd(JournalSession session, ReservationRow row, string fence)
    {
        var find = session.Statement(ReservationSql.FindPlace);
        find.Bind(1, fence);
        find.Bind(2, row.Epoch);
        find.Bind(3, row.Id);
        if (find.Find() is null)
        {
            return false;
        }

        // First, so that a line that was torn by a full disk ends before this one.
        _lines.Write("\n"u8);
        _writer.Reset();
        JsonSerializer.Serialize(_writer, row, ReservationJson.Default.ReservationRow);
        _writer.Flush();
        _added.Add(row);
        return true;
    }

    /// <summary>The call has ended: its row says what it spent.</summary>
    public void Ended(string id) => _gone.Add(id);

    /// <summary>Makes rows of all that is held, for who reads the tables.</summary>
    public void MoveToTables(JournalSession session)
    {
        foreach (var row in _held.Values.Concat(_added).Where(row => _gone.Add(row.Id)))
        {
            Insert(session, row);
        }
    }

    /// <summary>The epoch was raised. What calls of the one before held becomes rows: this process's own, or those that a dead one left behind.</summary>
    /// <param name="session">The group's.</param>
    /// <param name="before">The epoch that was in force.</param>
    public void TakeOver(JournalSession session, long before)
    {
        _takenOver = before;
        if (_file is not null)
        {
            MoveToTables(session);
            return;
        }

        foreach (var row in Read(PathOf(before)))
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

        var file = Open(_added[0].Epoch);
        RandomAccess.Write(file, _lines.WrittenSpan, _length);
        _length += _lines.WrittenCount;
        _unsyncedSince ??= _time.GetTimestamp();
    }

    /// <summary>The group is committed.</summary>
    public void Committed()
    {
        foreach (var row in _added)
        {
            _held[row.Id] = row;
        }

        foreach (var id in _gone)
        {
            _held.Remove(id);
        }

        if (_takenOver is { } over)
        {
            Close();
            DeleteUpTo(over);
        }
        else if (_held.Count == 0 && _length > IdleBytes && _file is not null)
        {
            RandomAccess.SetLength(_file, 0);
            _length = 0;
        }
    }

    /// <summary>Has the disk take what is in the system's cache.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Sync()
    {
        if (_file is not null)
        {
            RandomAccess.FlushToDisk(_file);
        }

        _unsyncedSince = null;
    }

    public void Dispose()
    {
        _writer.Dispose();
        var epoch = _fileEpoch;
        if (Close() && _held.Count == 0)
        {
            // Stopped in order: there is nothing for the next start to read.
            File.Delete(PathOf(epoch));
        }
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

    private SafeFileHandle Open(long epoch)
    {
        if (_file is not null && _fileEpoch == epoch)
        {
            return _file;
        }

        Close();
        var path = PathOf(epoch);
        DataDirectory.OpenOwnerOnly(path, FileMode.OpenOrCreate).Dispose();
        (_file, _fileEpoch) = (File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete), epoch);
        _length = RandomAccess.GetLength(_file);
        return _file;
    }

    private bool Close()
    {
        var wasOpen = _file is not null;
        _file?.Dispose();
        (_file, _length, _unsyncedSince) = (null, 0, null);
        return wasOpen;
    }

    private string PathOf(long epoch) => Path.Combine(_directory, string.Create(CultureInfo.InvariantCulture, $"{Name}{epoch}{Extension}"));

    /// <summary>What belongs to epochs that are over. A later one may be another process's already.</summary>
    private void DeleteUpTo(long last)
    {
        foreach (var path in Directory.EnumerateFiles(_directory, $"{Name}*{Extension}"))
        {
            if (long.TryParse(Path.GetFileName(path.AsSpan())[Name.Length..^Extension.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) && epoch <= last)
            {
                File.Delete(path);
            }
        }
    }

    private static IEnumerable<ReservationRow> Read(string path)
    {
        if (!File.Exists(path))
        {
            yield break;
        }

        foreach (var line in File.ReadLines(path))
        {
            if (Parse(line) is { } row)
            {
                yield return row;
            }
        }
    }

    /// <summary>Null for a line that was never whole: its call was told so.</summary>
    private static ReservationRow? Parse(string line)
    {
        try
        {
            return line.Length == 0 ? null : JsonSerializer.Deserialize(line, ReservationJson.Default.ReservationRow);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
