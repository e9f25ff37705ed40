namespace Gateway.Storage;

/// <summary>
/// How a reservation ends: handed over with its call's row, so that spend and row are one transaction. What the sums counted for it before —
/// its estimate, or nothing where it never became durable — is replaced by what was spent.
/// </summary>
/// <param name="reservation">The request's id.</param>
/// <param name="tag">Whose counters it was taken from.</param>
/// <param name="charges">What it took from each limit.</param>
/// <param name="spent">What it used, in the order of the charges.</param>
/// <param name="figures">Input tokens, output tokens, requests and micro-dollars that were spent.</param>
/// <param name="keepsRow">Counters live elsewhere and may miss the news: the row stays until they have it.</param>
/// <param name="committed">Called when all is durable, on the journal's thread.</param>
internal sealed class Settlement(
    string reservation, string tag, IReadOnlyList<SpendCharge> charges, IReadOnlyList<long> spent, SpendFigures figures, bool keepsRow, Action committed)
{
    private const string Delete = "delete from reservations where id = ?1 and stage = 0";

    private const string Keep =
        """
        update reservations set stage = 2, input_tokens = ?2, output_tokens = ?3, requests = ?4, micro_dollars = ?5
        where id = ?1 and stage = 0
        """;

    private int _ended;

    /// <summary>Ends the reservation, if it is held.</summary>
    public void End(JournalSession session)
    {
        if (session.Log is { } log)
        {
            var isLineOnly = log.Holds(reservation);
            log.Ended(reservation);
            if (isLineOnly)
            {
                _ended = session.AddAnswer(0);
                return;
            }
        }

        var end = session.Statement(keepsRow ? Keep : Delete);
        end.Bind(1, reservation);
        if (keepsRow)
        {
            end.Bind(2, figures.InputTokens);
            end.Bind(3, figures.OutputTokens);
            end.Bind(4, figures.Requests);
            end.Bind(5, figures.MicroDollars);
        }

        _ended = end.RunLater();
    }

    /// <summary>Whether the reservation was held until it was ended.</summary>
    public bool WasHeld(JournalSession session) => session.Answer(_ended) == 1;

    /// <summary>Moves the sums from what they counted for the reservation to what was spent.</summary>
    public void Count(JournalSession session, bool wasCounted)
    {
        for (var i = 0; i < charges.Count; i++)
        {
            var charge = charges[i];
            session.Count(tag, charge, charge.Per == 0 ? 0 : spent[i] - (wasCounted ? charge.Amount : 0));
        }
    }

    public void Committed() => committed();
}
