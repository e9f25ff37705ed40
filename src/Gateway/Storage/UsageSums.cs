using System.Runtime.InteropServices;

namespace Gateway.Storage;

/// <summary>
/// What a group of rows adds to the sums of usage: gathered per distinct group and written once, in the transaction of the rows. Calls that name a
/// user are summed a second time by user, apart from the rest, so that questions without users read few rows. Used by the journal's thread alone.
/// </summary>
internal sealed class UsageSums(UsageBuckets buckets)
{
    /// <summary>Ten thousand users of one key a day are summed by name; 50,000 of all keys, which take some 5 MB.</summary>
    private const int UsersPerKey = 10_000;
    private const int Users = 50_000;

    /// <summary>Where any model's name is passed on, a key may use any.</summary>
    private const int ModelsPerKey = 200;
    private const int Models = 5_000;

    private readonly BoundedNames _userNames = new(UsersPerKey, Users);
    private readonly BoundedNames _modelNames = new(ModelsPerKey, Models);
    private readonly Dictionary<UsageGroup, UsageFigures> _hours = [];
    private readonly Dictionary<(UsageGroup Group, string User), UsageFigures> _users = [];

    /// <summary>Forgets what was gathered and not committed.</summary>
    public void Clear()
    {
        _hours.Clear();
        _users.Clear();
    }

    public void Add(in CallUse call)
    {
        var key = call.KeyId ?? "";
        var model = _modelNames.Of(key, call.Model, call.Time, !call.IsRejected);
        var group = new UsageGroup(buckets.StartOf(call.Time), key, call.TeamId ?? "", model, call.Provider ?? "");
        CollectionsMarshal.GetValueRefOrAddDefault(_hours, group, out _).Add(call);
        var user = _userNames.Of(key, call.User, call.Time, !call.IsRejected);
        if (user.Length > 0)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_users, (group, user), out _).Add(call);
        }
    }

    /// <summary>Takes out of the sums what a row added that is about to be deleted.</summary>
    public void Remove(JournalSession session, string id, int outcome)
    {
        Remove(session.Statement(UsageSql.RemoveHours), id, outcome);
        Remove(session.Statement(UsageSql.RemoveUsers), id, outcome);
    }

    /// <summary>Adds what reservations add that are about to become rows: one, or all that are held.</summary>
    public void AddExpired(JournalSession session, string? reservation)
    {
        AddExpired(session.Statement(UsageSql.ExpireHours), reservation);
        AddExpired(session.Statement(UsageSql.ExpireUsers), reservation);
    }

    public void Write(JournalSession session)
    {
        foreach (var (group, figures) in _hours.OrderBy(sum => sum.Key, UsageGroup.Order))
        {
            var add = session.Statement(UsageSql.AddHour);
            Bind(add, group, figures);
            add.RunLater();
        }

        foreach (var ((group, user), figures) in _users.OrderBy(sum => sum.Key.Group, UsageGroup.Order).ThenBy(sum => sum.Key.User, StringComparer.Ordinal))
        {
            var add = session.Statement(UsageSql.AddUser);
            Bind(add, group, figures);
            add.Bind(12, user);
            add.RunLater();
        }
    }

    private static void Bind(JournalStatement add, in UsageGroup group, in UsageFigures figures)
    {
        add.Bind(1, group.Bucket);
        add.Bind(2, group.KeyId);
        add.Bind(3, group.TeamId);
        add.Bind(4, group.Model);
        add.Bind(5, group.Provider);
        add.Bind(6, figures.Requests);
        add.Bind(7, figures.InputTokens);
        add.Bind(8, figures.OutputTokens);
        add.Bind(9, figures.CachedTokens);
        add.Bind(10, figures.CostMicros);
        add.Bind(11, figures.Errors);
    }

    private void Remove(JournalStatement remove, string id, int outcome)
    {
        remove.Bind(1, buckets.Width);
        remove.Bind(2, id);
        remove.Bind(3, outcome);
        remove.Run();
    }

    private void AddExpired(JournalStatement add, string? reservation)
    {
        add.Bind(1, buckets.Width);
        add.Bind(2, reservation);
        add.RunLater();
    }
}
