using Gateway.Keys;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Quotas;

namespace Gateway.Proxy;

/// <summary>
/// What a prompt has beyond its body: the provider adds the response that it goes on from, prompts and items that it has stored. Limits have to reserve for that too. Of a
/// response of the key's own the ledger knows how much it is; of everything else no more is known than that a model's context holds it.
/// </summary>
internal sealed class UnseenInput(AnswerUses uses)
{
    /// <summary>Notes with the call what its prompt has beyond its body, where limits ask. Not null: its hard limits could not be kept.</summary>
    public async ValueTask<GatewayError?> FindAsync(CallRecord call, ApiKey key, RequestEnvelope envelope, ModelCatalog catalog, ModelRoute route, CancellationToken cancel)
    {
        if (envelope is { PreviousResponseId: null, UnseenInput: null } || call.Endpoint.IsFree || key.LimitsFor(envelope.Model) is not { Count: > 0 } limits)
        {
            return null;
        }

        var field = envelope.UnseenInput;
        if (envelope.PreviousResponseId is { } previous && call.EarlierTokens == 0)
        {
            // Another model may count the same history otherwise, pictures above all.
            var use = await uses.FindAsync(key.Id, previous, cancel);
            if (use is { } known && route.Targets.All(target => target.UpstreamModel == known.UpstreamModel))
            {
                call.EarlierTokens = known.Tokens;
            }
            else
            {
                field ??= "previous_response_id";
            }
        }

        if (field is not null)
        {
            call.InputCeiling = catalog.LargestContext(route);
        }

        return field is not null && call.InputCeiling is null && limits.Any(CountsInput) ? GatewayError.UnboundedInput(field) : null;
    }

    /// <summary>The tokens of what a call goes on from, for its count; 0 where they are not known.</summary>
    public async ValueTask<long> EarlierTokensAsync(CallRecord call, RequestEnvelope envelope, CancellationToken cancel) =>
        call.EarlierTokens > 0 || envelope.PreviousResponseId is not { } previous || call.Key is not { } key ? call.EarlierTokens
        : await uses.FindAsync(key.Id, previous, cancel) is { } use ? use.Tokens : 0;

    private static bool CountsInput(Limit limit) => limit is { Mode: LimitMode.Hard, Unit: LimitUnit.Tokens or LimitUnit.InputTokens or LimitUnit.Usd };
}
