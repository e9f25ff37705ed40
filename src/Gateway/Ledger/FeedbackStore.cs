using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Ledger;

/// <summary>Callers' feedback: given by the caller whose call it was, read by admins.</summary>
internal sealed class FeedbackStore(IDbContextFactory<GatewayDb> dbs, WriteTurn turn, LedgerWriter ledger, TimeProvider time)
{
    /// <summary>Within this a call's row is readable: feedback may come as fast as a thumb.</summary>
    private static readonly TimeSpan RowDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RewriteTime = TimeSpan.FromMinutes(10);

    /// <summary>Records feedback; an earlier one for the same call is replaced.</summary>
    /// <returns>Null where the key has no such call.</returns>
    public async Task<Feedback?> GiveAsync(KeyId key, RatedCall call, bool isUp, string? comment, CancellationToken cancel)
    {
        if (await FindSoonAsync(key, call, cancel) is not { } rated)
        {
            return null;
        }

        await turn.EnterAsync(cancel);
        try
        {
            await using var db = await dbs.CreateDbContextAsync(cancel);
            var row = await db.Feedback.SingleOrDefaultAsync(f => f.RequestId == rated.Id, cancel);
            if (row is null)
            {
                row = ToRow(rated, key, isUp, comment);
                db.Feedback.Add(row);
            }

            row.Time = time.GetUtcNow().ToUnixTimeMilliseconds();
            row.Rating = isUp ? 1 : -1;
            row.Comment = comment;
            await db.SaveChangesAsync(cancel);
            return ToFeedback(row);
        }
        finally
        {
            turn.Leave();
        }
    }

    /// <summary>Newest first.</summary>
    public async Task<(IReadOnlyList<Feedback> Rows, FeedbackCursor? Next)> PageAsync(FeedbackFilter filter, FeedbackCursor? after, int limit, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var rows = Narrow(db.Feedback.AsNoTracking(), filter);
        if (after is { } place)
        {
            rows = rows.Where(f => f.Time <= place.Time && (f.Time < place.Time || string.Compare(f.RequestId, place.RequestId) < 0));
        }

        var page = await rows.OrderByDescending(f => f.Time).ThenByDescending(f => f.RequestId).Take(limit + 1).ToListAsync(cancel);
        var shown = page.Count > limit ? page.GetRange(0, limit) : page;
        return (shown.ConvertAll(ToFeedback), page.Count > limit ? new FeedbackCursor(shown[^1].Time, shown[^1].RequestId) : null);
    }

    /// <summary>The feedback on these calls, as far as there is any.</summary>
    public async Task<IReadOnlyDictionary<RequestId, Feedback>> FindAsync(IReadOnlyCollection<RequestId> calls, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var ids = calls.Select(call => call.Value).ToList();
        var rows = await db.Feedback.AsNoTracking().Where(f => ids.Contains(f.RequestId)).ToListAsync(cancel);
        return rows.ToDictionary(row => new RequestId(row.RequestId), ToFeedback);
    }

    /// <summary>Erases what callers wrote about these calls, from the disk too, and records who asked for the whole erasure. Ratings are figures and stay.</summary>
    public async Task EraseCommentsAsync(string? user, KeyId? key, DateTimeOffset? before, AuditRow audit, CancellationToken cancel)
    {
        await turn.EnterAsync(cancel);
        try
        {
            await using var db = await dbs.CreateDbContextAsync(cancel);
            await db.Database.OpenConnectionAsync(cancel);
            var rows = db.Feedback.Where(f => f.Comment != null);
            rows = user is null ? rows : rows.Where(f => f.User == user);
            rows = key is { } id ? rows.Where(f => f.KeyId == id.Value) : rows;
            rows = before is { } end ? rows.Where(f => f.RequestTime < end.ToUnixTimeMilliseconds()) : rows;
            var isSqlite = db.Database.IsSqlite();
            if (isSqlite)
            {
                await db.Database.ExecuteSqlRawAsync("pragma secure_delete = on", cancel);
            }

            int erased;
            await using (var transaction = await db.Database.BeginTransactionAsync(cancel))
            {
                erased = await rows.ExecuteUpdateAsync(set => set.SetProperty(f => f.Comment, (string?)null), cancel);
                db.Audit.Add(audit);
                await db.SaveChangesAsync(cancel);
                await transaction.CommitAsync(cancel);
            }

            if (erased > 0)
            {
                await LeaveNoCopyAsync(db, isSqlite, cancel);
            }
        }
        finally
        {
            turn.Leave();
        }
    }

    /// <summary>SQLite keeps old pages in its log, PostgreSQL old versions in the table's pages.</summary>
    private static async Task LeaveNoCopyAsync(GatewayDb db, bool isSqlite, CancellationToken cancel)
    {
        db.Database.SetCommandTimeout(RewriteTime);
        await db.Database.ExecuteSqlRawAsync(isSqlite ? "pragma wal_checkpoint(truncate)" : "vacuum (full) feedback", cancel);
    }

    private async Task<RequestRow?> FindSoonAsync(KeyId key, RatedCall call, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            // Before the look: where no row waited then, one that is not found now does not come.
            var mayCome = ledger.TakenSlots > 0 && time.GetElapsedTime(begun) < RowDelay;
            if (await FindAsync(key, call, cancel) is { } row)
            {
                return row;
            }

            if (!mayCome)
            {
                return null;
            }

            await Task.Delay(Look, time, cancel);
        }
    }

    private async Task<RequestRow?> FindAsync(KeyId key, RatedCall call, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var rows = db.Requests.AsNoTracking();
        if (call.Id is { } id)
        {
            return await rows.SingleOrDefaultAsync(r => r.Id == id.Value && r.KeyId == key.Value, cancel);
        }

        if (call.AnswerId is not { } answer)
        {
            return null;
        }

        return await ByAnswer(db, key, answer, time.GetUtcNow()).FirstOrDefaultAsync(cancel);
    }

    /// <summary>The newest comes first: an id that was given twice is its last call's.</summary>
    internal static IQueryable<RequestRow> ByAnswer(GatewayDb db, KeyId key, string answer, DateTimeOffset now)
    {
        long?[] keys = [.. AnswerKey.Candidates(answer, now).Select(candidate => (long?)candidate)];
        return db.Requests.AsNoTracking()
            // As an expression, so that no planner walks all calls of the key instead: their index looks cheaper than many looks into the other.
            .Where(r => keys.Contains(r.AnswerKey) && r.AnswerId == answer && r.KeyId + "" == key.Value)
            .OrderByDescending(r => r.AnswerKey);
    }

    private static IQueryable<FeedbackRow> Narrow(IQueryable<FeedbackRow> rows, FeedbackFilter filter)
    {
        if (filter.IsUp is { } isUp)
        {
            var rating = isUp ? 1 : -1;
            // As an expression, so that no planner leaves the walk along the times for the index of the ratings, and sorts all of them.
            rows = rows.Where(f => f.Rating + 0 == rating);
        }

        if (filter.KeyId is { } key)
        {
            rows = rows.Where(f => f.KeyId == key);
        }

        if (filter.TeamId is { } team)
        {
            rows = rows.Where(f => f.TeamId == team);
        }

        if (filter.Model is { } model)
        {
            rows = rows.Where(f => f.Model == model);
        }

        if (filter.From?.ToUnixTimeMilliseconds() is { } from)
        {
            rows = rows.Where(f => f.Time >= from);
        }

        if (filter.To?.ToUnixTimeMilliseconds() is { } to)
        {
            rows = rows.Where(f => f.Time < to);
        }

        return rows;
    }

    private static FeedbackRow ToRow(RequestRow call, KeyId key, bool isUp, string? comment) => new()
    {
        RequestId = call.Id,
        Time = call.Time,
        RequestTime = call.Time,
        KeyId = key.Value,
        TeamId = call.TeamId,
        User = call.User,
        Model = call.Model,
        AnswerId = call.AnswerId,
        Rating = isUp ? 1 : -1,
        Comment = comment,
    };

    private static Feedback ToFeedback(FeedbackRow row) => new(
        new RequestId(row.RequestId), row.AnswerId, DateTimeOffset.FromUnixTimeMilliseconds(row.Time), new KeyId(row.KeyId), row.TeamId, row.User, row.Model, row.Rating > 0, row.Comment);
}
