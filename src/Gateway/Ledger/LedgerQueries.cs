using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Ledger;

/// <summary>
/// Reads the ledger. One filter has an index that ends in the time, so its page is a short walk along it. What no index finds, a search or a second
/// filter, is looked for among the next rows of that walk, so many at most: the page says how far it came, and the next one goes on from there.
/// No question reads more of the ledger than that, and none goes on for long where the disk is slow.
/// </summary>
internal sealed class LedgerQueries(IDbContextFactory<GatewayDb> dbs, TimeProvider time)
{
    /// <summary>Rows looked through for one page, each of which may lie on a page of the disk of its own. Most matches are among the first, so few are tried before many.</summary>
    private static readonly int[] Windows = [500, 1_000, 1_000, 1_000, 1_000, 1_000];

    /// <summary>From here on no further rows are looked through. In memory all of them take less; rows that come from the disk one by one took seconds.</summary>
    private static readonly TimeSpan Enough = TimeSpan.FromMilliseconds(60);

    public async Task<LedgerPage> PageAsync(LedgerFilter filter, LedgerCursor? after, int limit, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var (walked, tested) = LedgerFilters.Split(filter, db.Database.IsSqlite());
        var rated = filter.IsRatedUp is not null;
        if (!tested)
        {
            var rows = await (rated ? RatedCalls.From(db, filter, after) : Walk(db, filter, walked, after)).Take(limit + 1).ToListAsync(cancel);
            return rows.Count > limit ? Page(rows.GetRange(0, limit), CursorOf(rows[limit - 1])) : Page(rows, null);
        }

        var found = new List<RequestRow>();
        var place = after;
        var begun = time.GetTimestamp();
        foreach (var window in Windows)
        {
            if (window > Windows[0] && time.GetElapsedTime(begun) > Enough)
            {
                break;
            }

            var walk = Walk(db, filter, walked, place);
            var end = rated ? await RatedCalls.EndAsync(db, filter, place, window, cancel) : null;
            var matches = rated
                ? RatedCalls.Until(db, filter, place, end)
                // A subquery with a limit: the database can't choose to walk along anything else, or further.
                : Sorted(LedgerFilters.Test(walk.Take(window), filter, db.Database.IsSqlite()), filter);
            found.AddRange(await matches.Take(limit + 1 - found.Count).ToListAsync(cancel));
            if (found.Count > limit)
            {
                return Page(found.GetRange(0, limit), CursorOf(found[limit - 1]));
            }

            place = rated ? end : await EndAsync(walk, window, cancel);
            if (place is null)
            {
                return Page(found, null);
            }
        }

        return Page(found, place);
    }

    public async Task<LedgerEntry?> FindAsync(RequestId id, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var row = await db.Requests.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id.Value, cancel);
        return row is null ? null : ToEntry(row);
    }

    /// <summary>The last call whose answer had this id, among those of <see cref="AnswerKey.Reach"/>.</summary>
    public async Task<RequestId?> FindByAnswerAsync(string answer, DateTimeOffset now, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        long?[] keys = [.. AnswerKey.Candidates(answer, now).Select(candidate => (long?)candidate)];
        var id = await db.Requests.AsNoTracking().Where(r => keys.Contains(r.AnswerKey) && r.AnswerId == answer)
            .OrderByDescending(r => r.AnswerKey).Select(r => r.Id).FirstOrDefaultAsync(cancel);
        return id is null ? null : new RequestId(id);
    }

    /// <summary>The rows before and after one, in the order of a filtered list; null at its ends, or where none is near.</summary>
    public async Task<(LedgerEntry? Newer, LedgerEntry? Older)> NeighboursAsync(LedgerFilter filter, RequestId id, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var place = await db.Requests.AsNoTracking().Where(r => r.Id == id.Value).Select(r => new { r.Time, r.Seq }).SingleOrDefaultAsync(cancel);
        if (place is null)
        {
            return (null, null);
        }

        var here = new LedgerCursor(place.Time, place.Seq);
        var newer = await PageAsync(filter with { OldestFirst = true }, here, 1, cancel);
        var older = await PageAsync(filter, here, 1, cancel);
        return (newer.Rows is [var before, ..] ? before : null, older.Rows is [var after, ..] ? after : null);
    }

    private static IQueryable<RequestRow> Walk(GatewayDb db, LedgerFilter filter, Func<IQueryable<RequestRow>, IQueryable<RequestRow>> walked, LedgerCursor? after) =>
        Sorted(walked(Place(db.Requests.AsNoTracking(), filter, after)), filter);

    /// <summary>The place behind so many rows of a walk; null where there are not so many left.</summary>
    private static async Task<LedgerCursor?> EndAsync(IQueryable<RequestRow> walk, int window, CancellationToken cancel)
    {
        var last = await walk.Skip(window - 1).Select(r => new { r.Time, r.Seq }).FirstOrDefaultAsync(cancel);
        return last is null ? null : new LedgerCursor(last.Time, last.Seq);
    }

    private static IQueryable<RequestRow> Place(IQueryable<RequestRow> rows, LedgerFilter filter, LedgerCursor? after)
    {
        if (after is not { } place)
        {
            return rows;
        }

        // Written so that the index is entered at the place: an "or" over both columns would walk all rows before it.
        return filter.OldestFirst
            ? rows.Where(r => r.Time >= place.Time && (r.Time > place.Time || r.Seq > place.Seq))
            : rows.Where(r => r.Time <= place.Time && (r.Time < place.Time || r.Seq < place.Seq));
    }

    private static IQueryable<RequestRow> Sorted(IQueryable<RequestRow> rows, LedgerFilter filter) => filter.OldestFirst
        ? rows.OrderBy(r => r.Time).ThenBy(r => r.Seq)
        : rows.OrderByDescending(r => r.Time).ThenByDescending(r => r.Seq);

    private static LedgerPage Page(List<RequestRow> rows, LedgerCursor? next) => new(rows.ConvertAll(ToEntry), next);

    private static LedgerCursor CursorOf(RequestRow row) => new(row.Time, row.Seq);

    private static LedgerEntry ToEntry(RequestRow row) => new()
    {
        Id = new RequestId(row.Id),
        Time = DateTimeOffset.FromUnixTimeMilliseconds(row.Time),
        KeyId = row.KeyId is { } key ? new KeyId(key) : null,
        TeamId = row.TeamId,
        User = row.User,
        Endpoint = row.Endpoint,
        Model = row.Model,
        Provider = row.Provider,
        UpstreamModel = row.UpstreamModel,
        Status = row.Status,
        Outcome = (CallOutcome)row.Outcome,
        Stream = row.Stream,
        InputTokens = row.InputTokens,
        OutputTokens = row.OutputTokens,
        CachedTokens = row.CachedTokens,
        ReasoningTokens = row.ReasoningTokens,
        TokenSource = (TokenSource)row.TokenSource,
        Attempts = row.Attempts,
        AttemptList = AttemptListText.Read(row.AttemptList),
        TimeToFirstByte = row.TtftMs is { } first ? TimeSpan.FromMilliseconds(first) : null,
        Duration = TimeSpan.FromMilliseconds(row.DurationMs),
        UpstreamRequestId = row.UpstreamRequestId,
        AnswerId = row.AnswerId,
        Content = (LoggedContent)row.Content,
        ErrorCode = row.ErrorCode,
        CostMicros = row.CostMicros,
        ReservedTokens = row.ReservedTokens,
        DeniedBy = row.DeniedBy is { } limit ? DenyingLimitText.Read(limit) : null,
    };
}
