using Gateway.Storage;

namespace Gateway.Quotas;

/// <summary>
/// The ledger's rows of calls whose process died: spent as reserved, since nobody knows better. The sums have counted them all along.
/// The caller saw a broken connection; 500 is the nearest status there is.
/// </summary>
internal static class ExpiredRows
{
    /// <summary>The numbers of the ledger's <c>lease_expired</c> and <c>reserved</c>, which this room does not see.</summary>
    public const int Outcome = 7;

    public const int TokenSource = 3;

    private const string Insert =
        """
        insert into requests (id, "time", key_id, team_id, "user", endpoint, model, status, outcome, stream,
            input_tokens, output_tokens, cached_tokens, reasoning_tokens, token_source, attempts, duration_ms, cost_usd_micros, reserved_tokens, content)
        select id, "time", key_id, team_id, "user", endpoint, model, 500, ?1, stream,
            input_tokens, output_tokens, 0, 0, ?2, 1, case when ?3 > "time" then ?3 - "time" else 0 end, nullif(micro_dollars, 0), input_tokens + output_tokens, 0
        from reservations where stage = 0
        """;

    private const string HoldRow = "update reservations set stage = stage where id = ?1";
    private const string InsertAll = Insert + " on conflict (id) do nothing";
    private const string InsertOne = Insert + " and id = ?4 on conflict (id) do nothing";

    public static void WriteAll(JournalSession session, DateTimeOffset now)
    {
        session.Usage.AddExpired(session, null);
        Write(session.Statement(InsertAll), now);
    }

    public static void WriteOne(JournalSession session, string reservation, DateTimeOffset now)
    {
        Hold(session, reservation);
        session.Usage.AddExpired(session, reservation);
        var insert = session.Statement(InsertOne);
        insert.Bind(4, reservation);
        Write(insert, now);
    }

    /// <summary>Keeps a reservation until the commit, if it is there: another process that ends the same one waits, and then finds it gone.</summary>
    public static void Hold(JournalSession session, string reservation)
    {
        var hold = session.Statement(HoldRow);
        hold.Bind(1, reservation);
        hold.RunLater();
    }

    private static void Write(JournalStatement insert, DateTimeOffset now)
    {
        insert.Bind(1, Outcome);
        insert.Bind(2, TokenSource);
        insert.Bind(3, now.ToUnixTimeMilliseconds());
        insert.RunLater();
    }
}
