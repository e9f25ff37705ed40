using System.Runtime.InteropServices;

namespace Gateway.Storage;

/// <summary>
/// The journal's connection with its prepared statements. Sums that many writes of a group touch are gathered and written once.
/// Used by the journal's thread alone.
/// </summary>
internal abstract class JournalSession(UsageBuckets buckets) : IDisposable
{
    private const string TouchKey = "update keys set last_used_at = ?1 where id = ?2 and (last_used_at is null or last_used_at < ?1)";

    private const string AddUsage =
        """
        insert into quota_usage (tag, limit_id, "window", per, forget_at, counted) values (?1, ?2, ?3, ?4, ?5, ?6)
        on conflict (tag, limit_id, "window") do update set counted = quota_usage.counted + excluded.counted
        """;

    private readonly List<long?> _answers = [];
    private readonly Dictionary<KeyId, long> _lastUsed = [];
    private readonly Dictionary<(string Tag, string LimitId, long Window), (SpendCharge Charge, long Difference)> _usage = [];

    /// <summary>The sums of usage that the group moves.</summary>
    public UsageSums Usage { get; } = new(buckets);

    /// <summary>Reservations that are not in the tables; null where all are.</summary>
    public virtual ReservationLog? Log => null;

    /// <summary>Writes a group as one transaction, or throws and leaves nothing.</summary>
    public virtual void Commit(IReadOnlyList<JournalWrite> group)
    {
        try
        {
            _answers.Clear();
            _lastUsed.Clear();
            _usage.Clear();
            Usage.Clear();
            Transact(group);
        }
        catch
        {
            // A connection that failed once is not trusted again.
            Forget();
            throw;
        }
    }

    /// <summary>The statement for this text, which must be a constant, as <see cref="JournalSql"/> describes it.</summary>
    public abstract JournalStatement Statement(string sql);

    /// <summary>What a statement that was run later came to; known in <see cref="JournalWrite.Conclude"/>.</summary>
    public long? Answer(int ticket) => _answers[ticket];

    public void KeyUsed(KeyId key, long time) => _lastUsed[key] = Math.Max(time, _lastUsed.GetValueOrDefault(key));

    /// <summary>Moves what a limit has counted in the charge's window.</summary>
    public void Count(string tag, SpendCharge charge, long difference)
    {
        if (difference != 0)
        {
            ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_usage, (tag, charge.LimitId, charge.Window), out _);
            sum = (charge, sum.Difference + difference);
        }
    }

    /// <summary>Moves what limits have counted by what a reservation holds of them.</summary>
    public void CountHeld(string tag, IReadOnlyList<SpendCharge> charges)
    {
        foreach (var charge in charges)
        {
            Count(tag, charge, charge.Per == 0 ? 0 : charge.Amount);
        }
    }

    /// <summary>Keeps what the next ticket stands for.</summary>
    public int AddAnswer(long? answer)
    {
        _answers.Add(answer);
        return _answers.Count - 1;
    }

    public abstract void Dispose();

    /// <summary>Closes the connection; the next group opens one anew.</summary>
    protected abstract void Forget();

    protected abstract void Transact(IReadOnlyList<JournalWrite> group);

    protected void SetAnswer(int ticket, long? answer) => _answers[ticket] = answer;

    /// <summary>In an order that is the same in every process: two that wrote the same sums in different orders would wait for each other.</summary>
    protected void WriteSums()
    {
        foreach (var (key, time) in _lastUsed.OrderBy(used => used.Key.Value, StringComparer.Ordinal))
        {
            var touch = Statement(TouchKey);
            touch.Bind(1, time);
            touch.Bind(2, key.Value);
            touch.RunLater();
        }

        foreach (var ((tag, limit, window), (charge, difference)) in Ordered(_usage))
        {
            var add = Statement(AddUsage);
            add.Bind(1, tag);
            add.Bind(2, limit);
            add.Bind(3, window);
            add.Bind(4, charge.Per);
            add.Bind(5, charge.ForgetAt);
            add.Bind(6, difference);
            add.RunLater();
        }

        Usage.Write(this);
    }

    private static IEnumerable<KeyValuePair<(string Tag, string LimitId, long Window), T>> Ordered<T>(Dictionary<(string Tag, string LimitId, long Window), T> sums) =>
        sums.OrderBy(sum => sum.Key.Tag, StringComparer.Ordinal).ThenBy(sum => sum.Key.LimitId, StringComparer.Ordinal).ThenBy(sum => sum.Key.Window);
}
