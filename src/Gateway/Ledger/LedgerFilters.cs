using System.Buffers;
using Gateway.Storage;
using Microsoft.EntityFrameworkCore;

namespace Gateway.Ledger;

/// <summary>A filter in two parts: the one that an index walks along, and the rest, tested row by row.</summary>
internal static class LedgerFilters
{
    private const string IdPrefix = "req_";
    private const int IdLength = 36;

    /// <summary>From here on a request's id names its millisecond, so its begin finds few rows.</summary>
    private const int MinIdPart = 16;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private const string Escape = "\\";

    /// <summary>The walk, with the times, where it is not along ratings; and whether something is left to test.</summary>
    public static (Func<IQueryable<RequestRow>, IQueryable<RequestRow>> Walk, bool IsTested) Split(LedgerFilter filter, bool ignoresCase)
    {
        if (IsId(filter.Search) && filter.IsRatedUp is null)
        {
            return (rows => Test(Times(rows, filter), filter, ignoresCase), false);
        }

        var filters = new[] { filter.KeyId, filter.TeamId, filter.Model, filter.Provider, filter.User, filter.Search }.Count(value => value is not null)
            + (filter.Outcome is null ? 0 : 1);
        var walks = filter.IsRatedUp is null && IsIndexed(filter);
        return (rows => Walk(Times(rows, filter), filter), filters - (walks ? 1 : 0) > 0);
    }

    /// <summary>Everything that is asked for, once more for what the walk has seen to.</summary>
    public static IQueryable<RequestRow> Test(IQueryable<RequestRow> rows, LedgerFilter filter, bool ignoresCase)
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

        if (filter.Provider is { } provider)
        {
            rows = rows.Where(r => r.Provider == provider);
        }

        if (filter.User is { } user)
        {
            rows = rows.Where(r => r.User == user);
        }

        if (filter.Outcome is { } outcome)
        {
            var number = (int)outcome;
            rows = rows.Where(r => r.Outcome == number);
        }

        return Search(rows, filter.Search, ignoresCase);
    }

    /// <summary>Completed calls are nearly all calls: no index has them.</summary>
    private static bool IsIndexed(LedgerFilter filter) =>
        filter.KeyId is not null || filter.TeamId is not null || filter.Model is not null || filter.Outcome is not (null or CallOutcome.Completed);

    private static IQueryable<RequestRow> Walk(IQueryable<RequestRow> rows, LedgerFilter filter)
    {
        if (filter.KeyId is { } key)
        {
            return rows.Where(r => r.KeyId == key);
        }

        if (filter.Outcome is { } outcome and not CallOutcome.Completed)
        {
            var number = (int)outcome;
            // SQLite takes the partial index only where its condition is repeated word for word.
            return rows.Where(r => r.Outcome == number).Where(r => r.Outcome != 0);
        }

        if (filter.TeamId is { } team)
        {
            return rows.Where(r => r.TeamId == team);
        }

        return filter.Model is { } model ? rows.Where(r => r.Model == model) : rows;
    }

    private static IQueryable<RequestRow> Times(IQueryable<RequestRow> rows, LedgerFilter filter)
    {
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

    private static bool IsId(string? search) =>
        search is { Length: >= MinIdPart and <= IdLength }
        && search.StartsWith(IdPrefix, StringComparison.Ordinal)
        && !search.AsSpan(IdPrefix.Length).ContainsAnyExcept(HexDigits);

    /// <param name="rows">The rows to search.</param>
    /// <param name="search">What to find; null finds all.</param>
    /// <param name="ignoresCase">Whether the database's LIKE takes a letter for its capital, as SQLite's does; else its ILIKE does, for ASCII letters alone since the columns are collated so.</param>
    private static IQueryable<RequestRow> Search(IQueryable<RequestRow> rows, string? search, bool ignoresCase)
    {
        if (search is null)
        {
            return rows;
        }

        if (IsId(search))
        {
            // All that begin with it: 'g' follows the last hex digit.
            var end = search + "g";
            return rows.Where(r => string.Compare(r.Id, search) >= 0 && string.Compare(r.Id, end) < 0);
        }

        var pattern = "%" + search.Replace(Escape, @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal) + "%";
        return ignoresCase
            ? rows.Where(r =>
                EF.Functions.Like(r.Id, pattern, Escape)
                || EF.Functions.Like(r.User, pattern, Escape)
                || EF.Functions.Like(r.Model, pattern, Escape)
                || EF.Functions.Like(r.UpstreamModel, pattern, Escape)
                || EF.Functions.Like(r.ErrorCode, pattern, Escape)
                || EF.Functions.Like(r.UpstreamRequestId, pattern, Escape))
            : rows.Where(r =>
                EF.Functions.ILike(r.Id, pattern, Escape)
                || EF.Functions.ILike(r.User ?? "", pattern, Escape)
                || EF.Functions.ILike(r.Model ?? "", pattern, Escape)
                || EF.Functions.ILike(r.UpstreamModel ?? "", pattern, Escape)
                || EF.Functions.ILike(r.ErrorCode ?? "", pattern, Escape)
                || EF.Functions.ILike(r.UpstreamRequestId ?? "", pattern, Escape));
    }
}
