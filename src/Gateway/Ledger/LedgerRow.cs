using Gateway.Storage;

namespace Gateway.Ledger;

/// <summary>A call's row on its way into the ledger, and with it the end of the call's reservation, if it had one.</summary>
internal sealed class LedgerRow(LedgerEntry row, Settlement? settlement, Action written) : JournalWrite
{
    // Safe to run twice: a group whose commit was not heard of is sent again.
    private const string Insert =
        """
        insert into requests (id, "time", key_id, team_id, "user", endpoint, model, provider, upstream_model, status, outcome, stream,
            input_tokens, output_tokens, cached_tokens, reasoning_tokens, token_source, attempts, ttft_ms, duration_ms, upstream_request_id, error_code,
            cost_usd_micros, reserved_tokens, denied_by, attempt_list, answer_id, answer_key, content)
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29)
        on conflict (id) do nothing
        """;

    private const string DeleteExpired = "delete from requests where id = ?1 and outcome = ?2";

    private int _inserted;

    public override void Write(JournalSession session)
    {
        settlement?.End(session);
        _inserted = BindRow(session).RunLater();
        if (row.KeyId is { } key)
        {
            session.KeyUsed(key, row.Time.ToUnixTimeMilliseconds());
        }
    }

    public override void Conclude(JournalSession session)
    {
        var isWritten = session.Answer(_inserted) == 1;
        if (settlement is not null)
        {
            // A call that outlived its lease was recorded by somebody else at what it had reserved. Its own word is better.
            var wasHeld = settlement.WasHeld(session);
            var hasReplaced = !wasHeld && !isWritten && ReplaceExpired(session);
            isWritten |= hasReplaced;
            if (isWritten || wasHeld)
            {
                settlement.Count(session, wasHeld || hasReplaced);
            }
        }

        if (isWritten)
        {
            session.Usage.Add(Use());
        }
    }

    public override void Committed()
    {
        written();
        settlement?.Committed();
    }

    private bool ReplaceExpired(JournalSession session)
    {
        // Before the delete: this reads what the row had added.
        session.Usage.Remove(session, row.Id.Value, (int)CallOutcome.LeaseExpired);
        var delete = session.Statement(DeleteExpired);
        delete.Bind(1, row.Id.Value);
        delete.Bind(2, (int)CallOutcome.LeaseExpired);
        return delete.Run() == 1 && BindRow(session).Run() == 1;
    }

    private JournalStatement BindRow(JournalSession session)
    {
        var insert = session.Statement(Insert);
        insert.Bind(1, row.Id.Value);
        insert.Bind(2, row.Time.ToUnixTimeMilliseconds());
        insert.Bind(3, row.KeyId?.Value);
        insert.Bind(4, row.TeamId);
        insert.Bind(5, row.User);
        insert.Bind(6, row.Endpoint);
        insert.Bind(7, row.Model);
        insert.Bind(8, row.Provider);
        insert.Bind(9, row.UpstreamModel);
        insert.Bind(10, row.Status);
        insert.Bind(11, (int)row.Outcome);
        insert.Bind(12, row.Stream ? 1 : 0);
        insert.Bind(13, row.InputTokens);
        insert.Bind(14, row.OutputTokens);
        insert.Bind(15, row.CachedTokens);
        insert.Bind(16, row.ReasoningTokens);
        insert.Bind(17, (int)row.TokenSource);
        insert.Bind(18, row.Attempts);
        insert.Bind(19, Milliseconds(row.TimeToFirstByte));
        insert.Bind(20, Milliseconds(row.Duration));
        insert.Bind(21, row.UpstreamRequestId);
        insert.Bind(22, row.ErrorCode);
        insert.Bind(23, row.CostMicros);
        insert.Bind(24, row.ReservedTokens);
        insert.BindWhole(25, row.DeniedBy is { } limit ? DenyingLimitText.Write(limit) : null);
        insert.BindWhole(26, AttemptListText.Write(row.AttemptList));
        insert.Bind(27, row.AnswerId);
        insert.Bind(28, row.AnswerId is { } answer ? AnswerKey.Of(answer, row.Time) : null);
        insert.Bind(29, (int)row.Content);
        return insert;
    }

    private CallUse Use() => new()
    {
        Time = row.Time.ToUnixTimeMilliseconds(),
        KeyId = row.KeyId?.Value,
        TeamId = row.TeamId,
        User = row.User,
        Model = row.Model,
        Provider = row.Provider,
        InputTokens = row.InputTokens,
        OutputTokens = row.OutputTokens,
        CachedTokens = row.CachedTokens,
        CostMicros = row.CostMicros ?? 0,
        IsError = row.Outcome is not (CallOutcome.Completed or CallOutcome.ClientDisconnected),
        IsRejected = row.Outcome == CallOutcome.Rejected,
    };

    private static long? Milliseconds(TimeSpan? span) => span is { } value ? (long)Math.Round(value.TotalMilliseconds) : null;
}
