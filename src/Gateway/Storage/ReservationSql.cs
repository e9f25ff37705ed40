namespace Gateway.Storage;

/// <summary>How a reservation becomes a row.</summary>
internal static class ReservationSql
{
    /// <summary>Under the epoch of the counters that admitted it. The epoch's row is locked until the commit: who raises it waits for this, and so misses no reservation of the epoch before.</summary>
    public const string InsertUnderEpoch =
        $"""
        insert into reservations ({Columns}) select {Values}
        from quota_epochs where tag = ?17 and epoch = ?3 and building = 0 for share
        on conflict (id) do nothing
        """;

    /// <summary>Of a call that has no row of its own in the ledger yet.</summary>
    public const string InsertUnended =
        $"""
        insert into reservations ({Columns}) select {Values}
        where not exists (select 1 from requests where id = ?1)
        on conflict (id) do nothing
        """;

    /// <summary>Finds something where the epoch is in force and nobody has blocked the id.</summary>
    public const string FindPlace =
        "select 1 from quota_epochs where tag = ?1 and epoch = ?2 and building = 0 and not exists (select 1 from reservations where id = ?3)";

    private const string Columns =
        """
        id, tag, epoch, stage, created, "time", key_id, team_id, "user", endpoint, model, stream,
        input_tokens, output_tokens, requests, micro_dollars, charges
        """;

    private const string Values = "?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16";

    public static void Bind(JournalStatement insert, ReservationRow row)
    {
        insert.Bind(1, row.Id);
        insert.Bind(2, row.Tag);
        insert.Bind(3, row.Epoch);
        insert.Bind(4, row.Created);
        insert.Bind(5, row.Time);
        insert.Bind(6, row.KeyId);
        insert.Bind(7, row.TeamId);
        insert.Bind(8, row.User);
        insert.Bind(9, row.Endpoint);
        insert.Bind(10, row.Model);
        insert.Bind(11, row.Stream ? 1 : 0);
        insert.Bind(12, row.InputTokens);
        insert.Bind(13, row.OutputTokens);
        insert.Bind(14, row.Requests);
        insert.Bind(15, row.MicroDollars);
        insert.BindWhole(16, row.Charges);
    }
}
