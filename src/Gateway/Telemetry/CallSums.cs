using System.Diagnostics.Metrics;

namespace Gateway.Telemetry;

/// <summary>The counters that every call adds to.</summary>
internal sealed class CallSums
{
    private readonly SeriesSums<Ended> _requests = new(ended =>
    [
        new("endpoint", ended.Endpoint), new("model", ended.Model), new("provider", ended.Provider), new("outcome", ended.Outcome), new("status", ended.Status),
    ]);

    private readonly SeriesSums<Attempt> _attempts = new(attempt => [new("provider", attempt.Provider), new("result", attempt.Result)]);

    private readonly SeriesSums<Tokens> _tokens = new(tokens =>
    [
        new("model", tokens.Model), new("provider", tokens.Provider), new("type", tokens.Type), new("source", tokens.Source),
    ]);

    private readonly SeriesSums<Cost> _cost = new(cost => [new("model", cost.Model), new("provider", cost.Provider)]);

    private readonly SeriesSums<Unpriced> _unpriced = new(unpriced => [new("model", unpriced.Model)]);

    /// <param name="meter">The gateway's own.</param>
    public CallSums(Meter meter)
    {
        meter.CreateObservableCounter("gateway_requests", _requests.Measure, "{request}", "Calls that ended, by what became of them.");
        meter.CreateObservableCounter(
            "gateway_tokens", _tokens.Measure, "{token}", "Tokens that calls used. Type cached is part of input, reasoning part of output: never sum all four.");
        meter.CreateObservableCounter("gateway_attempts", _attempts.Measure, "{attempt}", "Calls sent to providers, by their result.");
        meter.CreateObservableCounter("gateway_unpriced_tokens", _unpriced.Measure, null, "Tokens of models that have no price.");
        meter.CreateObservableCounter("gateway_cost_usd", _cost.MeasureMillionths, null, "What calls cost, in dollars.");
    }

    public void RequestEnded(string endpoint, string model, string provider, string outcome, string status) => _requests.Add(new(endpoint, model, provider, outcome, status), 1);

    /// <param name="provider">Who was called.</param>
    /// <param name="result"><see cref="AttemptResult"/>'s words.</param>
    /// <param name="attempts">How many.</param>
    public void AttemptsEnded(string provider, string result, long attempts) => _attempts.Add(new(provider, result), attempts);

    public void TokensUsed(string model, string provider, string source, string type, long tokens)
    {
        if (tokens > 0)
        {
            _tokens.Add(new(model, provider, source, type), tokens);
        }
    }

    public void Spent(string model, string provider, long microDollars) => _cost.Add(new(model, provider), microDollars);

    public void NotPriced(string model, long tokens) => _unpriced.Add(new(model), tokens);

    private readonly record struct Ended(string Endpoint, string Model, string Provider, string Outcome, string Status);

    private readonly record struct Attempt(string Provider, string Result);

    private readonly record struct Tokens(string Model, string Provider, string Source, string Type);

    private readonly record struct Cost(string Model, string Provider);

    private readonly record struct Unpriced(string Model);
}
