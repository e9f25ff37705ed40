using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Ledger;

/// <summary>
/// Reads the ledger. Every filter but the search has an index that ends in the time, so a page is a short walk along one; a search reads
/// rows from the newest on until the page is full, so it is as fast as its matches are frequent, and narrowed by from and to.
/// </summary>
internal sealed class LedgerQueries(IDbContextFactory<GatewayDb> dbs)
{
    private const string IdPrefix = "req_";
    private const int IdLength = 36;

    public async Task<LedgerPage> PageAsync(LedgerFilter filter, LedgerCursor? after, int limit, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var rows = Search(Narrow(db.Requests.AsNoTracking(), filter), filter.Search);
        if (after is { } place)
        {
            // Written so that the index is entered at the place: an "or" over both columns would walk all newer rows.
            rows = rows.Where(r => r.Time <= place.Time && (r.Time < place.Time || r.Seq < place.Seq));
        }

        var page = await rows.OrderByDescending(r => r.Time).ThenByDescending(r => r.Seq).Take(limit + 1).ToListAsync(cancel);
        var shown = page.Count > limit ? page.GetRange(0, limit) : page;
        return new LedgerPage(
            shown.ConvertAll(ToEntry),
            page.Count > limit ? new LedgerCursor(shown[^1].Time, shown[^1].Seq) : null);
    }

    public async Task<LedgerEntry?> FindAsync(RequestId id, CancellationToken cancel)
    {
        await using var db = await dbs.CreateDbContextAsync(cancel);
        var row = await db.Requests.AsNoTracking().SingleOrDefaultAsync(r => r.Id == id.Value, cancel);
        return row is null ? null : ToEntry(row);
    }

    private static IQueryable<RequestRow> Narrow(IQueryable<RequestRow> rows, LedgerFilter filter)
    {
        if (filter.KeyId is { } key)
        {
            rows = rows.Where(r => r.KeyId == key);
        }

        if (filter.TeamId is { } team)
        {
            rows = rows.Where(r => r.TeamId == team);
        }

        if (filter.Model is { } model)
        {
            rows = rows.Where(r => r.Model == model);
        }

        if (filter.Outcome is { } outcome)
        {
            var number = (int)outcome;
            rows = rows.Where(r => r.Outcome == number);
            if (outcome != CallOutcome.Completed)
            {
                // SQLite takes the partial index only where its condition is repeated word for word.
                rows = rows.Where(r => r.Outcome != 0);
            }
        }

        if (filter.From?.ToUnixTimeMilliseconds() is { } from)
        {
            rows = rows.Where(r => r.Time >= from);
        }

        if (filter.To?.ToUnixTimeMilliseconds() is { } to)
        {
            rows = rows.Where(r => r.Time < to);
        }

        return rows;
    }

    private static IQueryable<RequestRow> Search(IQueryable<RequestRow> rows, string? search)
    {
        if (search is null)
        {
            return rows;
        }

        if (search.Length == IdLength && search.StartsWith(IdPrefix, StringComparison.Ordinal))
        {
            return rows.Where(r => r.Id == search);
        }

        const string Escape = "\\";
        var pattern = "%" + search.Replace(Escape, @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal) + "%";
        return rows.Where(r =>
            EF.Functions.Like(r.Id, pattern, Escape)
            || EF.Functions.Like(r.User, pattern, Escape)
            || EF.Functions.Like(r.Model, pattern, Escape)
            || EF.Functions.Like(r.UpstreamModel, pattern, Escape)
            || EF.Functions.Like(r.ErrorCode, pattern, Escape)
            || EF.Functions.Like(r.UpstreamRequestId, pattern, Escape));
    }

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
