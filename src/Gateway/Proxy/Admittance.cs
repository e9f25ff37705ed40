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

    public async ValueTask<Outcome<Permit>> AskAsync(CallRecord call, ApiKey key, ModelTarget target, RequestEnvelope envelope, RequestBody body, CancellationToken cancel)
    {
        var limits = key.LimitsFor(envelope.Model);
        if (limits.Count == 0)
        {
            return Permit.Unlimited;
        }

        var countsMoney = limits.Any(limit => limit.Unit == LimitUnit.Usd);
        if (countsMoney && target.Price is null && !call.Endpoint.IsFree)
        {
            return GatewayError.ModelNotPriced(envelope.Model);
        }

        var usual = call.Endpoint.HasOutput ? target.MaxOutputTokens ?? call.Endpoint.OutputCeiling ?? options.Value.DefaultMaxOutputTokens : 0;
        var isCounted = call.Endpoint.IsFree;
        var budget = isCounted ? CallBudget.Free : BudgetOf(call.Endpoint, target, envelope, body, usual, countsMoney);
        for (var tries = 1; ; tries++)
        {
            switch (await keeper.AdmitAsync(Ask(call, key, envelope, limits, budget.Estimate()), cancel))
            {
                case AdmitAnswer.Admitted admitted:
                    CallMetrics.WouldDeny(metrics, admitted.Admission.Figures);
                    return PermitOf(admitted.Admission, target, envelope, call.Endpoint, budget, usual);

                case AdmitAnswer.Refused refused:
                    if (!isCounted)
                    {
                        budget = budget with { InputTokens = await CountAsync(call, body, target, budget.InputTokens, cancel) };
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

    private static CallBudget BudgetOf(ApiEndpoint endpoint, ModelTarget target, RequestEnvelope envelope, RequestBody body, long usual, bool countsMoney)
    {
        var wanted = usual == 0 ? 0 : envelope.OutputCap ?? usual;
        return new CallBudget(PromptBound.Of(body.Span), wanted, (long)envelope.Choices * envelope.Prompts, countsMoney ? target.Price : null)
        {
            ImagesPerAnswer = endpoint.MakesImages ? 1 : 0,
            CanCap = endpoint.CanCap,
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
        User = envelope.User,
        Endpoint = call.Endpoint.Path,
        Model = envelope.Model,
        Stream = envelope.Stream,
        Limits = limits,
        Estimate = estimate,
    };

    private static Permit PermitOf(Admission admission, ModelTarget target, RequestEnvelope envelope, ApiEndpoint endpoint, CallBudget budget, long usual)
    {
        if (budget.CapPerAnswer == 0 || !budget.CanCap || !admission.Ask.Limits.Any(CapsOutput))
        {
            return new Permit(admission, null, IsLowered: false);
        }

        var cap = new OutputCap(budget.CapPerAnswer, endpoint.CapField ?? target.Provider.OutputCapField);
        return new Permit(admission, cap, cap.Lowers(envelope, usual));
    }

    private static bool CapsOutput(Limit limit) => limit is { Mode: LimitMode.Hard, Unit: LimitUnit.Tokens or LimitUnit.OutputTokens or LimitUnit.Usd };

    private async ValueTask<long> CountAsync(CallRecord call, RequestBody body, ModelTarget target, long bound, CancellationToken cancel)
    {
        var counted = await prompts.CountPromptAsync(body.Memory, call.Endpoint.Path, target.UpstreamModel, cancel);

        // An estimate is no bound: then the bytes have to do. Nor is what is counted for pictures and files, which providers bill differently.
        return counted.Exact ? Math.Min(bound, counted.Tokens + PromptBound.OfMedia(body.Span)) : bound;
    }

    private GatewayError Deny(CallRecord call, ApiKey key, AdmitAnswer.Refused refused)
    {
        call.DeniedBy = DenialText.Culprit(refused.Figures);
        call.Figures = refused.Figures;
        CallMetrics.Denied(metrics, call.DeniedBy);
        return DenialText.Error(refused.Figures, refused.RetryAfter, key.Name, key.Team?.Name);
    }
}
