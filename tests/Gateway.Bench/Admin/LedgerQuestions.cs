using System.Globalization;

namespace Gateway.Bench.Admin;

/// <summary>What an admin asks of a filled ledger, by path: each filter alone, with values that are common, rare and nowhere, and some together.</summary>
internal static class LedgerQuestions
{
    /// <summary>Milliseconds within which each is answered.</summary>
    public const int Goal = 100;

    public static IReadOnlyList<(string What, string Path)> All { get; } = Create(TimeProvider.System.GetUtcNow());

    private static IReadOnlyList<(string What, string Path)> Create(DateTimeOffset now)
    {
        var yesterday = now.UtcDateTime.Date.AddDays(-1);
        var day = Times(yesterday, yesterday.AddDays(1));
        var oldest = Times(yesterday.AddDays(-29), yesterday.AddDays(-28));
        var (key, team) = ("key_" + Digits(7), "team_" + Digits(7));
        return
        [
            ("usage of a day by team", $"/admin/usage?{day}&group_by=team"),
            ("usage of a day by hour, key and model, a page of 1,000", $"/admin/usage?{day}&group_by=hour,key,model&limit=1000"),
            ("usage of a day by user", $"/admin/usage?{day}&group_by=user"),
            ("usage of 30 days by day and team", "/admin/usage?group_by=day,team&limit=1000"),
            ("calls, newest first", "/admin/requests"),
            ("calls, oldest first", "/admin/requests?order=asc"),
            ("calls of the oldest day", $"/admin/requests?{oldest}"),
            ("calls of a key", $"/admin/requests?key_id={key}"),
            ("calls of a key that made none", "/admin/requests?key_id=key_nowhere"),
            ("calls of a team", $"/admin/requests?team_id={team}"),
            ("calls of a team that made none", "/admin/requests?team_id=team_nowhere"),
            ("calls of a model", "/admin/requests?model=model-3"),
            ("calls of a model that was called once", $"/admin/requests?model=model-{LedgerRows.Rare}"),
            ("failed calls", "/admin/requests?outcome=upstream_error"),
            ("completed calls", "/admin/requests?outcome=completed"),
            ("calls whose lease ran out, of which there are none", "/admin/requests?outcome=lease_expired"),
            ("calls to a provider", "/admin/requests?provider=provider-1"),
            ("calls to a provider that was called once", $"/admin/requests?provider=provider-{LedgerRows.Rare}"),
            ("calls of a user", "/admin/requests?user=user-77"),
            ("calls of a user who made one", $"/admin/requests?user=user-{LedgerRows.Rare}"),
            ("failed calls of a team of that day", $"/admin/requests?team_id={team}&outcome=upstream_error&{day}"),
            ("calls of a key and a model", $"/admin/requests?key_id={key}&model=model-3"),
            ("calls of a key and a model that it never called", $"/admin/requests?key_id={key}&model=model-{LedgerRows.Rare}"),
            ("calls of a key and a user", $"/admin/requests?key_id={key}&user=user-77"),
            ("search for a word that is often there", "/admin/requests?q=timeout"),
            ("search for a word that is nowhere", "/admin/requests?q=nowhere-at-all"),
            ("search among a key's calls for a word that is nowhere", $"/admin/requests?key_id={key}&q=nowhere-at-all"),
            ("search for the begin of an id", "/admin/requests?q=req_0123456789ab"),
            ("calls rated down", "/admin/requests?rating=down"),
            ("calls rated down of the oldest day", $"/admin/requests?rating=down&{oldest}"),
            ("calls rated down of a model that was called once", $"/admin/requests?rating=down&model=model-{LedgerRows.Rare}"),
            ("ratings down, newest first", "/admin/feedback?rating=down"),
            ("ratings down of a model that was called once", $"/admin/feedback?rating=down&model=model-{LedgerRows.Rare}"),
        ];
    }

    private static string Times(DateTime from, DateTime to) => string.Create(CultureInfo.InvariantCulture, $"from={from:yyyy-MM-dd}T00:00:00Z&to={to:yyyy-MM-dd}T00:00:00Z");

    private static string Digits(int number) => number.ToString("D32", CultureInfo.InvariantCulture);
}
