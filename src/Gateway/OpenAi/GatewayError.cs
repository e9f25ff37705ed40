namespace Gateway.OpenAi;

/// <summary>
/// Every error the gateway itself answers with. Status, code and type are those of the contract's table of errors;
/// the message is safe to show: no credential, no internal address, nothing of an exception's text.
/// </summary>
internal sealed record GatewayError(int Status, string Code, string Type, string Message)
{
    private const string InvalidRequestType = "invalid_request_error";
    private const string ServerType = "server_error";

    /// <summary>The field of the request that is at fault, where there is one.</summary>
    public string? Param { get; init; }

    public Culprit Culprit { get; init; } = Culprit.Client;

    /// <summary>Sent as <c>x-should-retry</c>, which the OpenAI and Anthropic SDKs obey before they look at the status.</summary>
    public bool? ShouldRetry { get; init; }

    /// <summary>Sent as <c>retry-after</c> and <c>retry-after-ms</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public static GatewayError InvalidJson(string message) => new(400, "invalid_json", InvalidRequestType, message);

    public static GatewayError InvalidRequest(string message, string? param = null) =>
        new(400, "invalid_request", InvalidRequestType, message) { Param = param };

    public static GatewayError MissingModel() =>
        new(400, "missing_model", InvalidRequestType, "You must provide a model: the field 'model' is missing or empty.") { Param = "model" };

    public static GatewayError UnknownField(string field, IEnumerable<string> accepted) =>
        new(400, "unknown_field", InvalidRequestType, $"Unknown field '{Shorten(field)}'. Accepted here: {string.Join(", ", accepted)}.") { Param = Shorten(field) };

    public static GatewayError EndpointNotSupported(string model, string endpoint, IEnumerable<string> supported) =>
        new(400, "endpoint_not_supported", InvalidRequestType,
            $"The model '{Shorten(model)}' is not served on '{endpoint}'. It speaks: {string.Join(", ", supported)}.")
        { Param = "model" };

    public static GatewayError MissingKey() =>
        new(401, "invalid_api_key", InvalidRequestType,
            "You didn't provide an API key. Send it as 'Authorization: Bearer KEY', or in 'x-api-key', 'api-key' or 'x-goog-api-key'.");

    public static GatewayError InvalidKey() =>
        new(401, "invalid_api_key", InvalidRequestType, "The API key provided is not accepted here. Ask your gateway's admin for a valid one.");

    public static GatewayError AdminKeyRequired() =>
        new(401, "invalid_api_key", InvalidRequestType, "This call needs the admin key, sent as 'Authorization: Bearer ADMIN_KEY'.");

    public static GatewayError TooManyWrongKeys(TimeSpan wait) =>
        new(429, "rate_limit_exceeded", "requests",
            $"Too many wrong admin keys came from this address. Please try again in {Math.Ceiling(wait.TotalSeconds)} s.")
        { RetryAfter = wait };

    public static GatewayError ModelNotAllowed(string model) =>
        new(403, "model_not_allowed", InvalidRequestType, $"This key may not use the model '{Shorten(model)}'.") { Param = "model" };

    public static GatewayError BatchNotAllowed() =>
        new(403, "model_not_allowed", InvalidRequestType, "This key may not use every model, and a batch may name any: batches need a key without a list of models.") { Param = "input_file_id" };

    public static GatewayError NoFilesProvider() =>
        new(400, "endpoint_not_supported", InvalidRequestType, "No provider here keeps files. Your gateway's admin can name one in Gateway:FilesProvider.");

    public static GatewayError ModelNotPriced(string model) =>
        new(403, "model_not_priced", InvalidRequestType,
            $"A limit in usd applies, and the model '{Shorten(model)}' has no price. Your gateway's admin can set one in Gateway:Models.")
        { Param = "model" };

    public static GatewayError ModelNotFound(string model) =>
        new(404, "model_not_found", InvalidRequestType, $"The model '{Shorten(model)}' does not exist here. GET /v1/models lists those that do.") { Param = "model" };

    public static GatewayError UnknownUrl(string method, string path) =>
        new(404, "unknown_url", InvalidRequestType, $"Unknown request URL: {Shorten(method)} {Shorten(path)}. Check the path and the method.");

    public static GatewayError NotFound(string what, string id) =>
        new(404, "not_found", InvalidRequestType, $"No {what} with the id '{Shorten(id)}'.");

    /// <summary>In the words of the API's WebSocket, whose clients then send all that was said before once more.</summary>
    public static GatewayError PreviousResponseNotFound(string id) =>
        new(400, "previous_response_not_found", InvalidRequestType, $"Previous response with id '{Shorten(id)}' not found.") { Param = "previous_response_id" };

    /// <summary>A prompt of which nobody knows the length can't be held below a limit.</summary>
    public static GatewayError UnboundedInput(string field) => InvalidRequest(
        $"Under this key's hard limits '{field}' can't name what the provider has stored: neither how long that is nor the size of the model's context is known here. Send the text itself.", field);

    public static GatewayError TeamHasKeys(string team, int keys) =>
        new(409, "team_has_keys", InvalidRequestType,
            $"The team '{Shorten(team)}' still has {(keys == 1 ? "a key that is" : $"{keys} keys that are")} not revoked. Revoke or move {(keys == 1 ? "it" : "them")} first.");

    public static GatewayError KeyIsRevoked(string id) =>
        new(409, "key_revoked", InvalidRequestType, $"The key '{Shorten(id)}' is revoked, and stays so. Make a new one.");

    /// <summary>An import would change what is there.</summary>
    public static GatewayError ImportClash(string message) => new(409, "import_clash", InvalidRequestType, message);

    /// <summary>A limit of this minute, this hour or of what runs at once.</summary>
    /// <param name="kind">OpenAI's word for what ran out: <c>requests</c> or <c>tokens</c>.</param>
    /// <param name="message">Names the limit, its scope and when it frees.</param>
    /// <param name="retryAfter">When the same call may get through; null where waiting is not worth it.</param>
    public static GatewayError RateLimited(string kind, string message, TimeSpan? retryAfter) =>
        new(429, "rate_limit_exceeded", kind, message) { RetryAfter = retryAfter, ShouldRetry = retryAfter is null ? false : null };

    /// <summary>A limit of the day, the month or for good.</summary>
    /// <param name="message">Names the limit, its scope and when it frees.</param>
    /// <param name="retryAfter">When the same call may get through; null where waiting is not worth it.</param>
    public static GatewayError QuotaExhausted(string message, TimeSpan? retryAfter) =>
        new(429, "insufficient_quota", "insufficient_quota", message) { RetryAfter = retryAfter, ShouldRetry = retryAfter is null ? false : null };

    public static GatewayError UpgradeNotSupported() =>
        new(426, "upgrade_not_supported", InvalidRequestType, "WebSockets are not served on this path; send the request as a POST.");

    public static GatewayError MethodNotAllowed(string method) =>
        new(405, "method_not_allowed", InvalidRequestType, $"The method {Shorten(method)} is not allowed on this path.");

    public static GatewayError RequestTimeout() =>
        new(408, "request_timeout", InvalidRequestType, "The request's body did not arrive in time.");

    public static GatewayError UnsupportedMediaType(string message) => new(415, "unsupported_media_type", InvalidRequestType, message);

    public static GatewayError RequestTooLarge(long maxBytes) =>
        new(413, "request_too_large", InvalidRequestType, $"The request's body is larger than the {maxBytes} bytes accepted here.");

    public static GatewayError UpstreamUnreachable() =>
        new(502, "upstream_unreachable", ServerType, "The model's provider could not be reached.") { Culprit = Culprit.Upstream };

    /// <param name="wait">Until the first of the model's providers may be asked again, by its own word.</param>
    public static GatewayError NoHealthyTarget(TimeSpan wait) =>
        new(503, "no_healthy_target", ServerType, $"All providers of the model asked to be left alone for a while. Please try again in {Math.Max(1, Math.Ceiling(wait.TotalSeconds))} s.")
        { Culprit = Culprit.Upstream, RetryAfter = wait };

    public static GatewayError UpstreamInvalidResponse() =>
        new(502, "upstream_invalid_response", ServerType, "The model's provider broke off or did not answer in valid HTTP.") { Culprit = Culprit.Upstream };

    /// <summary>An upstream's error without a word: its status is passed on, with a body that clients can read.</summary>
    public static GatewayError UpstreamGaveNoReason(int status) =>
        new(status, "upstream_invalid_response", ServerType, $"The model's provider answered with status {status} and gave no reason.") { Culprit = Culprit.Upstream };

    /// <summary>The upstream's 401 or 403 speaks of the gateway's credential, not the caller's, so the caller must not be told to change theirs or to retry.</summary>
    public static GatewayError UpstreamAuthFailed() =>
        new(502, "upstream_auth_failed", ServerType, "The model's provider refused the gateway's credential. Tell your gateway's admin.")
        { Culprit = Culprit.Upstream, ShouldRetry = false };

    public static GatewayError UpstreamTimeout() =>
        new(504, "upstream_timeout", ServerType, "The model's provider did not answer in time.") { Culprit = Culprit.Upstream };

    public static GatewayError StoreUnavailable() =>
        new(503, "store_unavailable", ServerType, "The gateway's database is unreachable. Please try again shortly.") { Culprit = Culprit.Gateway };

    public static GatewayError NoRoomForUpload() =>
        new(503, "store_unavailable", ServerType, "The gateway has no room to take in this upload. Please try again later, or tell your gateway's admin.") { Culprit = Culprit.Gateway };

    public static GatewayError QuotaStoreUnavailable() =>
        new(503, "quota_store_unavailable", ServerType, "The gateway's counters are unreachable, so limits can't be checked. Please try again shortly.") { Culprit = Culprit.Gateway };

    public static GatewayError ShuttingDown() =>
        new(503, "shutting_down", ServerType, "This gateway is shutting down. Please try again.") { Culprit = Culprit.Gateway, RetryAfter = TimeSpan.FromSeconds(1) };

    public static GatewayError Internal() =>
        new(500, "internal_error", ServerType, "The gateway failed on this request. Its log has the reason under this request's id.") { Culprit = Culprit.Gateway };

    /// <summary>Text that a caller sent comes back in a message only in part: a name may be as long as the body.</summary>
    private static string Shorten(string text) => text.Length <= 128 ? text : string.Concat(text.AsSpan(0, 128), "…");
}
