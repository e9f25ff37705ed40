using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Ledger;

/// <summary>
/// Calls that were rated, walked along their ratings: there are few of those, and each knows the time, key, team, user and model of its call. A call is read
/// only where all of them are as asked for: each may lie on a page of the disk of its own.
/// </summary>
internal static class RatedCalls
{
    /// <summary>Behind every call of its time, whichever comes first.</summary>
    private const long LastOfAscending = long.MaxValue;
    private const long LastOfDescending = 0;

    /// <summary>All from a place on, in the order of the list.</summary>
    public static IQueryable<RequestRow> From(GatewayDb db, LedgerFilter filter, LedgerCursor? after) => Calls(db, Ratings(db, filter, after), filter, after);

    /// <summary>The place behind so many ratings, all of the last one's time among them; null where there are not so many left.</summary>
    public static async Task<LedgerCursor?> EndAsync(GatewayDb db, LedgerFilter filter, LedgerCursor? after, int window, CancellationToken cancel)
    {
        var ratings = Ratings(db, filter, after);
        ratings = filter.OldestFirst ? ratings.OrderBy(f => f.RequestTime) : ratings.OrderByDescending(f => f.RequestTime);
        var last = await ratings.Skip(window - 1).Select(f => (long?)f.RequestTime).FirstOrDefaultAsync(cancel);
        return last is { } time ? new LedgerCursor(time, filter.OldestFirst ? LastOfAscending : LastOfDescending) : null;
    }

    /// <summary>Those up to an end that pass the filter, in the order of the list.</summary>
    public static IQueryable<RequestRow> Until(GatewayDb db, LedgerFilter filter, LedgerCursor? after, LedgerCursor? end)
    {
        var ratings = Narrow(Ratings(db, filter, after), filter);
        if (end is { } last)
        {
            ratings = filter.OldestFirst ? ratings.Where(f => f.RequestTime <= last.Time) : ratings.Where(f => f.RequestTime >= last.Time);
        }

        // What the rating has passed is not asked of the call: no planner is tempted to begin there.
        var rest = filter with { KeyId = null, TeamId = null, User = null, Model = null };
        return LedgerFilters.Test(Calls(db, ratings, filter, after), rest, db.Database.IsSqlite());
    }

    private static IQueryable<FeedbackRow> Ratings(GatewayDb db, LedgerFilter filter, LedgerCursor? after)
    {
        var rating = filter.IsRatedUp == true ? 1 : -1;
        var ratings = db.Feedback.AsNoTracking().Where(f => f.Rating == rating);
        if (filter.From?.ToUnixTimeMilliseconds() is { } from)
        {
            ratings = ratings.Where(f => f.RequestTime >= from);
        }

        if (filter.To?.ToUnixTimeMilliseconds() is { } to)
        {
            ratings = ratings.Where(f => f.RequestTime < to);
        }

        return after switch
        {
            null => ratings,
            { Seq: LastOfAscending } place when filter.OldestFirst => ratings.Where(f => f.RequestTime > place.Time),
            { Seq: LastOfDescending } place when !filter.OldestFirst => ratings.Where(f => f.RequestTime < place.Time),
            { } place => filter.OldestFirst ? ratings.Where(f => f.RequestTime >= place.Time) : ratings.Where(f => f.RequestTime <= place.Time),
        };
    }

    private static IQueryable<FeedbackRow> Narrow(IQueryable<FeedbackRow> ratings, LedgerFilter filter)
    {
        if (filter.KeyId is { } key)
        {
            ratings = ratings.Where(f => f.KeyId == key);
        }

        if (filter.TeamId is { } team)
        {
            ratings = ratings.Where(f => f.TeamId == team);
        }

        if (filter.User is { } user)
        {
            ratings = ratings.Where(f => f.User == user);
        }

        return filter.Model is { } model ? ratings.Where(f => f.Model == model) : ratings;
    }

    private static IQueryable<RequestRow> Calls(GatewayDb db, IQueryable<FeedbackRow> ratings, LedgerFilter filter, LedgerCursor? after)
    {
        var rated = ratings.Join(db.Requests.AsNoTracking(), f => f.RequestId, r => r.Id, (f, r) => new { f.RequestTime, Row = r });
        if (after is { } place)
        {
            rated = filter.OldestFirst
                ? rated.Where(call => call.RequestTime > place.Time || call.Row.Seq > place.Seq)
                : rated.Where(call => call.RequestTime < place.Time || call.Row.Seq < place.Seq);
        }

        return filter.OldestFirst
            ? rated.OrderBy(call => call.RequestTime).ThenBy(call => call.Row.Seq).Select(call => call.Row)
            : rated.OrderByDescending(call => call.RequestTime).ThenByDescending(call => call.Row.Seq).Select(call => call.Row);
    }
}
