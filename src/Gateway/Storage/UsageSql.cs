namespace Gateway.Storage;

/// <summary>How the sums of usage are written. A call is an error unless it was completed (outcome 0) or its caller went away (1).</summary>
internal static class UsageSql
{
    public const string AddHour =
        $"insert into usage_hours ({Groups}, {Figures}) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) {OnHour}";

    public const string AddUser =
        $"insert into usage_users ({Groups}, {Figures}, end_user) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) {OnUser}";

    /// <summary>A call that outlived its lease takes its own row's place: what was counted for it goes.</summary>
    public const string RemoveHours =
        $"""
        insert into usage_hours ({Groups}, {Figures})
        select "time" - "time" % ?1, {GroupsOfRow}, -1, -input_tokens, -output_tokens, -cached_tokens, -coalesce(cost_usd_micros, 0), -1
        from requests where id = ?2 and outcome = ?3 {OnHour}
        """;

    public const string RemoveUsers =
        $"""
        insert into usage_users ({Groups}, {Figures}, end_user)
        select "time" - "time" % ?1, {GroupsOfRow}, -1, -input_tokens, -output_tokens, -cached_tokens, -coalesce(cost_usd_micros, 0), -1, "user"
        from requests where id = ?2 and outcome = ?3 and "user" <> '' {OnUser}
        """;

    /// <summary>Under the user's own name, bound or not: that is where it is taken out again, and a crash leaves few.</summary>
    public const string ExpireHours =
        $"""
        insert into usage_hours ({Groups}, {Figures})
        select "time" - "time" % ?1, coalesce(key_id, ''), coalesce(team_id, ''), coalesce(model, ''), '',
            count(*), sum(input_tokens), sum(output_tokens), 0, sum(micro_dollars), count(*)
        from reservations where {Expiring} group by 1, 2, 3, 4 {OnHour}
        """;

    public const string ExpireUsers =
        $"""
        insert into usage_users ({Groups}, {Figures}, end_user)
        select "time" - "time" % ?1, coalesce(key_id, ''), coalesce(team_id, ''), coalesce(model, ''), '',
            count(*), sum(input_tokens), sum(output_tokens), 0, sum(micro_dollars), count(*), "user"
        from reservations where {Expiring} and "user" <> '' group by 1, 2, 3, 4, 12 {OnUser}
        """;

    /// <summary>The rows of a ledger older than the sums, by the quarter, which is right in every time zone.</summary>
    public const string FoldHours =
        $"""
        insert into usage_hours ({Groups}, {Figures})
        select "time" - "time" % 900000, {GroupsOfRow}, {FiguresOfRows} from requests group by 1, 2, 3, 4, 5
        """;

    public const string FoldUsers =
        $"""
        insert into usage_users ({Groups}, {Figures}, end_user)
        select "time" - "time" % 900000, {GroupsOfRow}, {FiguresOfRows}, "user" from requests where "user" <> '' group by 1, 2, 3, 4, 5, 12
        """;

    private const string Groups = "bucket, key_id, team_id, model, provider";
    private const string Figures = "requests, input_tokens, output_tokens, cached_tokens, cost_usd_micros, errors";
    private const string GroupsOfRow = "coalesce(key_id, ''), coalesce(team_id, ''), coalesce(model, ''), coalesce(provider, '')";

    private const string FiguresOfRows =
        "count(*), sum(input_tokens), sum(output_tokens), sum(cached_tokens), sum(coalesce(cost_usd_micros, 0)), sum(case when outcome in (0, 1) then 0 else 1 end)";

    private const string Expiring = "stage = 0 and (?2 is null or id = ?2) and not exists (select 1 from requests where requests.id = reservations.id)";

    private const string OnHour =
        """
        on conflict (bucket, key_id, team_id, model, provider) do update set
            requests = usage_hours.requests + excluded.requests, input_tokens = usage_hours.input_tokens + excluded.input_tokens,
            output_tokens = usage_hours.output_tokens + excluded.output_tokens, cached_tokens = usage_hours.cached_tokens + excluded.cached_tokens,
            cost_usd_micros = usage_hours.cost_usd_micros + excluded.cost_usd_micros, errors = usage_hours.errors + excluded.errors
        """;

    private const string OnUser =
        """
        on conflict (bucket, key_id, team_id, model, provider, end_user) do update set
            requests = usage_users.requests + excluded.requests, input_tokens = usage_users.input_tokens + excluded.input_tokens,
            output_tokens = usage_users.output_tokens + excluded.output_tokens, cached_tokens = usage_users.cached_tokens + excluded.cached_tokens,
            cost_usd_micros = usage_users.cost_usd_micros + excluded.cost_usd_micros, errors = usage_users.errors + excluded.errors
        """;
}
