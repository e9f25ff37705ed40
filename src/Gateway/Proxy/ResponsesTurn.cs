using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Telemetry;
using Gateway.Tokens;

namespace Gateway.Proxy;

/// <summary>One response that is made over a WebSocket: a call like any other, from its <c>response.create</c> to its last event. Disposed of with its row written.</summary>
internal sealed class ResponsesTurn : IDisposable
{
    private readonly ModelCatalog _catalog;
    private readonly AnswerParser _parser;
    private readonly UsageReader _usage = new(ApiEndpoint.Responses);
    private readonly AnswerMarks _marks = new();
    private readonly OpenStream _open;
    private readonly TimeProvider _time;
    private readonly AnswerTextSink _sink;
    private long _sentAt;
    private long _lastAt;

    /// <param name="call">The call.</param>
    /// <param name="lane">Where it runs, one after the other with others of the same name.</param>
    /// <param name="body">Its message; owned by it.</param>
    /// <param name="envelope">What the message says.</param>
    /// <param name="catalog">Held for it; let go with it.</param>
    /// <param name="route">Where it may go.</param>
    /// <param name="permit">What was reserved for it.</param>
    /// <param name="tokens">Counts its answer, should the provider not.</param>
    /// <param name="open">Among the streams under way.</param>
    /// <param name="time">The clock.</param>
    public ResponsesTurn(
        CallRecord call, string lane, RequestBody body, RequestEnvelope envelope, ModelCatalog catalog, ModelRoute route, Permit permit, TokenCounter tokens, OpenStream open, TimeProvider time)
    {
        (Call, Lane, Body, Envelope, Route, Permit) = (call, lane, body, envelope, route, permit);
        (_catalog, _open, _time) = (catalog, open, time);
        Text = new AnswerCount(tokens, route.First.UpstreamModel);
        _parser = new AnswerParser(ApiEndpoint.Responses.UsagePaths ?? UsagePaths.Default, ApiEndpoint.Responses, collectText: true);
        _sink = Take;
    }

    public CallRecord Call { get; }

    public string Lane { get; }

    public RequestBody Body { get; }

    public RequestEnvelope Envelope { get; }

    public ModelRoute Route { get; }

    public Permit Permit { get; }

    /// <summary>The answer's text.</summary>
    public AnswerCount Text { get; }

    /// <summary>Who makes it; null while it has not been sent.</summary>
    public ModelTarget? Target { get; private set; }

    /// <summary>The provider's name for it; null while it has not begun.</summary>
    public string? Id { get; private set; }

    /// <summary>The status of the error that came instead of it.</summary>
    public int? RefusedWith { get; private set; }

    public TokenUsage? Usage => _usage.Usage;

    /// <summary>From its being sent to the last that was heard of it.</summary>
    public TimeSpan UpstreamTime => _lastAt == 0 ? default : _time.GetElapsedTime(_sentAt, _lastAt);

    public void SendTo(ModelTarget target)
    {
        Target = target;
        Text.CountAs(target.UpstreamModel);
        target.Health.Begin();
        _sentAt = _lastAt = _time.GetTimestamp();
    }

    /// <summary>The catalog that it was let in with, held once more: a connection outlives the response that opened it.</summary>
    public ModelCatalog HoldCatalog() => _catalog.TryHold() ? _catalog : throw new InvalidOperationException("A response holds its catalog.");

    /// <summary>Looks at an event before the caller gets it.</summary>
    /// <returns>What the event has to wait for: its id must be its key's before anyone knows it.</returns>
    public Task Observe(ResponsesEvent seen, ReadOnlySpan<byte> message)
    {
        if (_lastAt == _sentAt)
        {
            Call.FirstByteAt(_time.GetTimestamp());
        }

        _lastAt = _time.GetTimestamp();
        if (_parser.Parse(message).IsValid)
        {
            _parser.Deliver(message, _usage, _marks, _sink);
        }

        if (seen.IsError && Id is null)
        {
            RefusedWith = seen.Status is >= 400 and < 600 ? seen.Status : StatusCodes.Status502BadGateway;
        }

        if (Id is not null || seen.ResponseId is not { Length: > 0 } id)
        {
            return Task.CompletedTask;
        }

        Id = id;
        Call.AnswerId = _parser.AnswerId;
        Target?.Health.Answered();
        return Call.AnswerId is { } known && Call.IdSink is { } sink ? sink(known) : Task.CompletedTask;
    }

    public void Dispose()
    {
        Target?.Health.End();
        Text.Dispose();
        Body.Dispose();
        _open.Dispose();
        _catalog.Dispose();
    }

    private void Take(int choice, int channel, ReadOnlySpan<byte> utf8)
    {
        Text.Append(choice, channel, utf8);
        Call.Capture?.Append(choice, channel, utf8);
    }
}
