using Gateway.Quotas;
using Gateway.Tokens;

namespace Gateway.Proxy;

/// <summary>What a call may at most use: what is reserved for it, and how its answers are capped so that this stays true.</summary>
/// <param name="InputTokens">An upper bound of the prompt, or its exact count.</param>
/// <param name="CapPerAnswer">The most output tokens of one answer; 0 where the call has none (embeddings).</param>
/// <param name="Answers">How many answers it makes.</param>
/// <param name="Prices">What tokens cost at each target that may serve the call; none where no limit asks.</param>
internal sealed record CallBudget(long InputTokens, long CapPerAnswer, long Answers, IReadOnlyList<Price> Prices)
{
    /// <summary>A call that counts as a request and costs nothing else.</summary>
    public static readonly CallBudget Free = new(0, 0, 1, []);

    /// <summary>Not even the input fits.</summary>
    private const long NoRoom = -1;

    /// <summary>How many pictures each answer is.</summary>
    public int ImagesPerAnswer { get; init; }

    /// <summary>Whether the request can be made to cap its answers; where it can't, less than the whole is no room.</summary>
    public bool CanCap { get; init; } = true;

    /// <summary>Of the input, what is only reserved to be spared of asking again, and given up where it does not fit.</summary>
    public long Slack { get; init; }

    /// <summary>The longest that its audio can be.</summary>
    public TimeSpan Audio { get; init; }

    /// <summary>The characters of the text that it reads aloud.</summary>
    public long Characters { get; init; }

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

    /// <summary>The same with no more slack than half of what is left: the other half is for the answer.</summary>
    public CallBudget Tighten(IReadOnlyList<LimitFigure> figures)
    {
        var input = InputTokens - Slack;
        var slack = Slack / 16;
        foreach (var figure in figures)
        {
            if (figure.Limit is { Mode: LimitMode.Hard, Unit: LimitUnit.Tokens or LimitUnit.InputTokens })
            {
                slack = Math.Clamp((figure.Remaining - input) / 2, 0, slack);
            }
        }

        return this with { InputTokens = input + slack, Slack = 0 };
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

    /// <summary>At the dearest target: nobody knows yet which one it will be.</summary>
    private long Cost(long outputTokens)
    {
        long most = 0;
        foreach (var price in Prices)
        {
            most = Math.Max(most, PriceTable.UpperBound(price, new BilledUse(InputTokens, 0, 0, outputTokens)
            {
                Images = (int)Math.Min(int.MaxValue, Answers * ImagesPerAnswer),
                Audio = Audio,
                Characters = Characters,
            }));
        }

        return most;
    }
}
