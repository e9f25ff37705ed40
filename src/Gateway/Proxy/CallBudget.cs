using Gateway.Quotas;
using Gateway.Tokens;

namespace Gateway.Proxy;

/// <summary>What a call may at most use: what is reserved for it, and how its answers are capped so that this stays true.</summary>
/// <param name="InputTokens">An upper bound of the prompt, or its exact count.</param>
/// <param name="CapPerAnswer">The most output tokens of one answer; 0 where the call has none (embeddings).</param>
/// <param name="Answers">How many answers it makes.</param>
/// <param name="Price">What tokens cost; null where no limit asks.</param>
internal sealed record CallBudget(long InputTokens, long CapPerAnswer, long Answers, Price? Price)
{
    /// <summary>A call that counts as a request and costs nothing else.</summary>
    public static readonly CallBudget Free = new(0, 0, 1, null);

    /// <summary>How many pictures each answer is.</summary>
    public int ImagesPerAnswer { get; init; }

    /// <summary>Whether the request can be made to cap its answers; where it can't, less than the whole is no room.</summary>
    public bool CanCap { get; init; } = true;

    /// <summary>Not even the input fits.</summary>
    private const long NoRoom = -1;

    public Charge Estimate()
    {
        var output = OutputTokens(CapPerAnswer);
        return new Charge(Math.Min(InputTokens, Limit.MaxAmount - output), output, 1, Cost(output));
    }

    /// <summary>
    /// The same call with the largest cap that these limits leave room for, or null where not even one token of output fits (for a call without output: not the input).
    /// Only hard limits cap; the figures are those of a refusal, so nothing of this call is in them.
    /// </summary>
    public CallBudget? Fit(IReadOnlyList<LimitFigure> figures)
    {
        var cap = CapPerAnswer;
        foreach (var figure in figures)
        {
            if (figure.Limit.Mode == LimitMode.Hard)
            {
                cap = Math.Min(cap, Room(figure));
            }
        }

        return cap >= (CanCap ? Math.Min(1, CapPerAnswer) : CapPerAnswer) ? this with { CapPerAnswer = cap } : null;
    }

    /// <summary>How many output tokens an answer may have so that this limit still holds.</summary>
    private long Room(LimitFigure figure) => figure.Limit.Unit switch
    {
        LimitUnit.Tokens => InputTokens <= figure.Remaining ? (figure.Remaining - InputTokens) / Answers : NoRoom,
        LimitUnit.OutputTokens => figure.Remaining / Answers,
        LimitUnit.InputTokens => InputTokens <= figure.Remaining ? CapPerAnswer : NoRoom,
        LimitUnit.Usd => AffordableCap(figure.Remaining),
        _ => figure.Remaining >= 1 ? CapPerAnswer : NoRoom,
    };

    /// <summary>Costs only grow with the cap, so the largest affordable one is found by halving; tiers and rounding need no formula of their own.</summary>
    private long AffordableCap(long microDollars)
    {
        long affordable = NoRoom, beyond = CapPerAnswer + 1;
        while (beyond - affordable > 1)
        {
            var middle = affordable + ((beyond - affordable) / 2);
            if (Cost(OutputTokens(middle)) <= microDollars)
            {
                affordable = middle;
            }
            else
            {
                beyond = middle;
            }
        }

        return affordable;
    }

    private long OutputTokens(long cap) => (long)Int128.Min((Int128)cap * Answers, Limit.MaxAmount);

    private long Cost(long outputTokens) => Price is null ? 0 : PriceTable.UpperBound(Price, new BilledUse(InputTokens, 0, 0, outputTokens) { Images = (int)Math.Min(int.MaxValue, Answers * ImagesPerAnswer) });
}
