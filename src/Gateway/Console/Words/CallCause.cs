using Gateway.Ledger;

namespace Gateway.Console.Words;

/// <summary>Why a call did not end well, as a sentence; what a limit refused is said with the limit.</summary>
internal static class CallCause
{
    public static string? Of(LedgerEntry call) => call.ErrorCode switch
    {
        _ when call.DeniedBy is not null => null,
        "invalid_api_key" => "The key was missing, unknown, expired or revoked.",
        "model_not_found" => "No model of this name is set up here.",
        "model_not_allowed" => "The key's list of models does not hold this one.",
        "model_not_priced" => "A limit in dollars applies, and this model has no price.",
        "endpoint_not_supported" => "No provider of the model speaks this form of call.",
        "invalid_json" or "invalid_request" or "missing_model" => "The body was not one that this call takes.",
        "request_too_large" => "The body was larger than is accepted here.",
        "upstream_unreachable" => "No provider of the model could be reached.",
        "upstream_timeout" => "The provider did not answer in time.",
        "upstream_auth_failed" => "The provider refused the gateway's credential.",
        "no_healthy_target" => "All providers of the model are cooling down.",
        "quota_store_unavailable" => "The quota store was unreachable, so that limits could not be checked.",
        "store_unavailable" => "The database was unreachable, or could not keep up.",
        "shutting_down" => "This gateway was shutting down.",
        "internal_error" => "The gateway failed. Its log has the reason under this id.",
        _ => OfOutcome(call.Outcome),
    };

    private static string? OfOutcome(CallOutcome outcome) => outcome switch
    {
        CallOutcome.UpstreamError => "The provider answered with an error.",
        CallOutcome.UpstreamCut => "The provider broke off in the middle of the answer.",
        CallOutcome.TimedOut => "The provider fell silent.",
        CallOutcome.ClientDisconnected => "The caller left before the answer was complete.",
        CallOutcome.LeaseExpired => "The gateway that served it died. What was reserved counts as spent.",
        _ => null,
    };
}
