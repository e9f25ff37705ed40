using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Quotas;
using Gateway.Telemetry;
using Gateway.Tokens;
using Microsoft.Extensions.Options;

namespace Gateway.Proxy;

/// <summary>
/// Step 4: may they? Reserves the most that a call can use, all limits of key and team at once. The prompt is bounded by its bytes, which costs nothing;
/// only where that does not fit is it counted, and then the answer's cap gives way, down to one token.
/// </summary>
internal sealed class Admittance(QuotaKeeper keeper, PromptCounter prompts, GatewayMetrics metrics, IOptions<ProxyOptions> options)
{
    /// <summary>Others may take what was left between two tries; whoever loses this often is told to wait.</summary>
    private const int Tries = 4;

    public async ValueTask<Outcome<Permit>> AskAsync(CallRecord call, ApiKey key, ModelRoute route, RequestEnvelope envelope, RequestBody body, CancellationToken cancel)
    {
        var limits = key.LimitsFor(envelope.Model);
        if (limits.Count == 0)
        {
            return Permit.Unlimited;
        }

        var countsMoney = limits.Any(limit => limit.Unit == LimitUnit.Usd);
        if ((countsMoney && !call.Endpoint.IsFree ? route.Priced() : route) is not { } ways)
        {
            return GatewayError.ModelNotPriced(envelope.Model);
        }

        var usual = call.Endpoint.HasOutput ? LongestAnswer(ways, call.Endpoint) : 0;
        var isCounted = call.Endpoint.IsFree;
        var budget = isCounted ? CallBudget.Free : BudgetOf(call, ways, envelope, body, usual, countsMoney);
        for (var tries = 1; ; tries++)
        {
            switch (await keeper.AdmitAsync(Ask(call, key, envelope, limits, budget.Estimate()), cancel))
            {
                case AdmitAnswer.Admitted admitted:
                    CallMetrics.WouldDeny(metrics, admitted.Admission.Figures);
                    return PermitOf(admitted.Admission, ways, envelope, call.Endpoint, budget, usual);

                case AdmitAnswer.Refused refused:
                    if (!isCounted)
                    {
                        budget = budget with { InputTokens = await CountAsync(call, body, ways, budget.InputTokens, cancel) };
                        isCounted = true;
                    }

                    if (tries == Tries || refused.Figures.Any(IsFinal) || budget.Fit(refused.Figures) is not { } fitted)
                    {
                        return Deny(call, key, refused);
                    }

                    budget = fitted;
                    break;

                default:
                    return GatewayError.QuotaStoreUnavailable();
            }
        }
    }

    /// <summary>The same for a call whose bounds are known, and whose request can't be made smaller.</summary>
    /// <param name="call">The call.</param>
    /// <param name="key">Whose it is.</param>
    /// <param name="envelope">The model whose limits count it; an empty name where it has none, and only limits on all models do.</param>
    /// <param name="budget">What it may at most use. Its price is left out where no limit asks.</param>
    public async ValueTask<Outcome<Permit>> AskAsync(CallRecord call, ApiKey key, RequestEnvelope envelope, CallBudget budget)
    {
        var limits = key.LimitsFor(envelope.Model);
        if (envelope.Model.Length == 0 && budget.InputTokens == 0)
        {
            // What costs no tokens goes on when they are spent: a caller must be able to fetch what they paid for.
            limits = [.. limits.Where(limit => limit.Unit is LimitUnit.Requests or LimitUnit.Concurrent)];
        }

        if (limits.Count == 0)
        {
            return Permit.Unlimited;
        }

        if (budget.Prices.Count == 0 && envelope.Model.Length > 0 && limits.Any(limit => limit.Unit == LimitUnit.Usd))
        {
            return GatewayError.ModelNotPriced(envelope.Model);
        }

        for (var tries = 1; ; tries++)
        {
            switch (await keeper.AdmitAsync(Ask(call, key, envelope, limits, budget.Estimate()), CancellationToken.None))
            {
                case AdmitAnswer.Admitted admitted:
                    CallMetrics.WouldDeny(metrics, admitted.Admission.Figures);
                    return new Permit(admitted.Admission, null, IsLowered: false);

                case AdmitAnswer.Refused { Figures: var figures } when budget.Slack > 0:
                    var tight = budget.Tighten(figures);
                    budget = tight.Fit(figures) ?? tight;
                    break;

                case AdmitAnswer.Refused refused:
                    if (tries == Tries || refused.Figures.Any(IsFinal) || budget.Fit(refused.Figures) is not { } fitted)
                    {
                        return Deny(call, key, refused);
                    }

                    budget = fitted;
                    break;

                default:
                    return GatewayError.QuotaStoreUnavailable();
            }
        }
    }

    /// <summary>The ways that the call may take: where a limit counts money, those whose cost is known; null where there is none.</summary>
    public static ModelRoute? Ways(ApiKey key, string model, ModelRoute route) => key.LimitsFor(model).Any(limit => limit.Unit == LimitUnit.Usd) ? route.Priced() : route;

    /// <summary>What the call may cost, target by target.</summary>
    public static Price[] PricesOf(ModelRoute ways) => [.. ways.Targets.Select(target => target.Price).OfType<Price>()];

    /// <summary>Speech has no field that caps it, and is bounded by its text: 8 tokens of audio a character are twice the slowest reader's.</summary>
    private static CallBudget BudgetOf(CallRecord call, ModelRoute ways, RequestEnvelope envelope, RequestBody body, long usual, bool countsMoney)
    {
        var spoken = call.Endpoint.CountsCharacters ? 100 + (8 * call.Characters) : 0;
        var wanted = usual == 0 ? spoken : envelope.OutputCap ?? usual;
        return new CallBudget(call.InputCeiling ?? (PromptBound.Of(body.Span) + call.EarlierTokens), wanted, (long)envelope.Choices * envelope.Prompts, countsMoney ? PricesOf(ways) : [])
        {
            ImagesPerAnswer = call.Endpoint.MakesImages ? 1 : 0,
            CanCap = call.Endpoint.CanCap,
            Characters = call.Characters,
        };
    }

    /// <summary>A soft limit refuses when nothing is left of it: no smaller call would do.</summary>
    private static bool IsFinal(LimitFigure figure) => figure.Verdict == LimitVerdict.Refused && figure.Limit.Mode != LimitMode.Hard;

    private static QuotaAsk Ask(CallRecord call, ApiKey key, RequestEnvelope envelope, IReadOnlyList<Limit> limits, Charge estimate) => new()
    {
        Request = call.Id,
        Time = call.Arrived,
        Key = key.Id,
        TeamId = key.TeamId,
        User = call.Envelope?.User,
        Endpoint = call.Endpoint.Path,
        Model = call.Envelope?.Model ?? envelope.Model,
        Stream = envelope.Stream,
        Limits = limits,
        Estimate = estimate,
    };

    private Permit PermitOf(Admission admission, ModelRoute ways, RequestEnvelope envelope, ApiEndpoint endpoint, CallBudget budget, long usual)
    {
        if (budget.CapPerAnswer == 0 || !budget.CanCap || !admission.Ask.Limits.Any(CapsOutput))
        {
            return new Permit(admission, null, IsLowered: false) { Route = ways };
        }

        var cap = new OutputCap(budget.CapPerAnswer, ways.First.Provider.OutputCapField);
        var first = cap.For(ways.First, envelope, endpoint, options.Value.DefaultMaxOutputTokens);
        return new Permit(admission, first.Tokens == cap.Tokens ? first : cap, cap.Lowers(envelope, usual)) { Route = ways, Usual = options.Value.DefaultMaxOutputTokens };
    }

    /// <summary>Of all targets that may serve the call: what is reserved must be enough whichever it is.</summary>
    private long LongestAnswer(ModelRoute ways, ApiEndpoint endpoint)
    {
        long longest = 0;
        foreach (var target in ways.Targets)
        {
            longest = Math.Max(longest, target.MaxOutputTokens ?? endpoint.OutputCeiling ?? options.Value.DefaultMaxOutputTokens);
        }

        return longest;
    }

    private static bool CapsOutput(Limit limit) => limit is { Mode: LimitMode.Hard, Unit: LimitUnit.Tokens or LimitUnit.OutputTokens or LimitUnit.Usd };

    private async ValueTask<long> CountAsync(CallRecord call, RequestBody body, ModelRoute ways, long bound, CancellationToken cancel)
    {
        if (call.InputCeiling is { } ceiling)
        {
            return ceiling;
        }

        long most = 0;
        foreach (var encoding in ways.Targets.Select(target => ModelEncodings.For(target.UpstreamModel)).Distinct())
        {
            var counted = await prompts.CountPromptAsync(body.Memory, call.Endpoint.Path, encoding, cancel);

            // An estimate is no bound: then the bytes have to do. Nor is what is counted for pictures and files, which providers bill differently.
            most = counted.Exact ? Math.Max(most, counted.Tokens + PromptBound.OfMedia(body.Span) + call.EarlierTokens) : bound;
        }

        return Math.Min(bound, most);
    }

    private GatewayError Deny(CallRecord call, ApiKey key, AdmitAnswer.Refused refused)
    {
        call.DeniedBy = DenialText.Culprit(refused.Figures);
        call.Figures = refused.Figures;
        CallMetrics.Denied(metrics, call.DeniedBy);
        return DenialText.Error(refused.Figures, refused.RetryAfter, key.Name, key.Team?.Name);
    }
}
