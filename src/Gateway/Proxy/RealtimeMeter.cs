using Gateway.Keys;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Quotas;
using Gateway.Storage;
using Gateway.Tokens;

namespace Gateway.Proxy;

/// <summary>
/// What one realtime session may spend and has spent. A reservation is held at all times: for each response that runs, and else for the next, so that none runs
/// unreserved. Its input is bounded by all that the conversation has had, and taken anew before a message goes upstream that makes it longer. Each response is a row
/// of the ledger; the first bears the session's own id. Used by one caller at a time.
/// </summary>
internal sealed class RealtimeMeter(
    Admittance admittance, LedgerWriter ledger, SpendJournal journal, CallFrame frame, RequestIds ids, TimeProvider time, CallRecord session, ApiKey key, ModelTarget target, RealtimeWords words, long outputCap)
{
    /// <summary>What a session begins with that nobody sent: the provider's own instructions.</summary>
    private const int Beginning = 1024;

    /// <summary>What is reserved beyond what there is, so that not every short message needs a reservation of its own.</summary>
    private const int Slack = 4096;

    /// <summary>G.711, the thriftiest of the formats: 8,000 bytes a second, of which Base64 makes four for three.</summary>
    private const int AudioBytesPerToken = 8_000 / AudioLength.TokensPerSecond * 4 / 3;

    private readonly List<(CallRecord Call, Admission? Admission)> _held = [];
    private readonly RealtimeEar _ear = new();
    private long _context = Beginning;
    private TokenUsage _beside;
    private bool _isFirst = true;

    /// <summary>Responses that run.</summary>
    public int Running { get; private set; }

    /// <summary>How the limits stood when the session was let in.</summary>
    public IReadOnlyList<LimitFigure> Figures => _held is [{ Admission: { } admission }, ..] ? admission.Figures : [];

    /// <summary>What the next row may have as its input: the conversation, and what is or may be used beside it.</summary>
    private long MostInput => _context + _ear.MostTokens + _beside.InputTokens + _beside.OutputTokens;

    /// <summary>Reserves for the first response; the session does not begin without.</summary>
    public ValueTask<GatewayError?> BeginAsync() => TakeAsync(session);

    /// <summary>A message is about to go upstream. Null: it may.</summary>
    public async ValueTask<GatewayError?> SendsAsync(ReadOnlyMemory<byte> message)
    {
        var type = RealtimeEvent.Read(message.Span).Type;
        var isAudio = type is "input_audio_buffer.append";
        var tokens = isAudio ? 1 + (message.Length / AudioBytesPerToken) : message.Length;
        _context += tokens;
        if (isAudio)
        {
            _ear.Hears(tokens);
        }
        else if (type is "session.update")
        {
            _ear.Configured(message.Span);
        }

        if (_held.Count <= Running || _held[^1].Admission is not { } old || MostInput <= old.Ask.Estimate.InputTokens)
        {
            words.Sends(type, message.Span);
            return null;
        }

        // The old one is given back only when the new one is held: what is reserved may never be less than what may run.
        if (await TakeAsync(NewCall()) is { } error)
        {
            return error;
        }

        _held.RemoveAt(_held.Count - 2);
        journal.Add(new EndWrite(old.Release()));
        words.Sends(type, message.Span);
        return null;
    }

    /// <summary>An event came from upstream. Null: the session may go on.</summary>
    public async ValueTask<GatewayError?> ReceivedAsync(RealtimeEvent received, ReadOnlyMemory<byte> message)
    {
        words.Received(received.Type, message.Span);
        _ear.Received(received.Type);
        switch (received.Type)
        {
            case "session.created" or "session.updated":
                _context += message.Length;
                _ear.Configured(message.Span);
                return null;
            case "response.created":
                Running++;
                return await HoldAsync();
            case "response.done":
                End(received.Usage);
                return await HoldAsync();
            case "conversation.item.input_audio_transcription.completed" when received.Usage is { } transcribed:
                _beside = new TokenUsage(_beside.InputTokens + transcribed.InputTokens, _beside.OutputTokens + transcribed.OutputTokens, 0, 0);
                return null;
            default:
                return null;
        }
    }

    /// <summary>The session is over: what runs is charged as it was reserved, what did not begin is given back, and a session without any response has its row all the same.</summary>
    public void Close(CallOutcome outcome)
    {
        for (; Running > 0 && _held.Count > 0; Running--)
        {
            var estimate = _held[0].Admission?.Ask.Estimate;
            Finish(new TokenUsage(estimate?.InputTokens ?? _context, estimate?.OutputTokens ?? 0, 0, 0), estimate is null ? TokenSource.Counted : TokenSource.Reserved, outcome);
        }

        if (_beside != default && _held.Count > 0)
        {
            Finish(default, TokenSource.Provider, outcome);
        }

        foreach (var (_, admission) in _held)
        {
            if (admission is not null)
            {
                journal.Add(new EndWrite(admission.Release()));
            }
        }

        _held.Clear();
        if (_isFirst)
        {
            session.Status = StatusCodes.Status101SwitchingProtocols;
            session.Outcome = outcome;
            session.Admission = null;
            words.End(session);
        }
    }

    private async ValueTask<GatewayError?> HoldAsync()
    {
        while (_held.Count < Math.Max(1, Running))
        {
            if (await TakeAsync(NewCall()) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private async ValueTask<GatewayError?> TakeAsync(CallRecord call)
    {
        var budget = new CallBudget(MostInput + Slack, outputCap, 1, target.Price is { } price ? [price] : []) { Slack = Slack };
        if ((await admittance.AskAsync(call, key, RequestEnvelope.Of(call.Envelope?.Model ?? "", stream: true, null, 1), budget)).TryGet(out var permit, out var error))
        {
            _held.Add((call, permit.Admission));
            return null;
        }

        // The refusal of a session is told by its handshake, and its row written by that.
        if (!ReferenceEquals(call, session))
        {
            call.Refuse(error, call.DeniedBy is null ? CallOutcome.Rejected : CallOutcome.Denied);
            ledger.Reserve();
            frame.Record(call);
        }

        return error;
    }

    private CallRecord NewCall() => new(ids.Next(), ApiEndpoint.Realtime, time)
    {
        Key = key,
        Envelope = session.Envelope,
        Provider = session.Provider,
        UpstreamModel = session.UpstreamModel,
        MetricModel = session.MetricModel,
        Attempts = 1,
    };

    private void End(TokenUsage? usage)
    {
        if (_held.Count > 0)
        {
            Running = Math.Max(0, Running - 1);
            _context += usage?.OutputTokens ?? 0;
            Finish(usage ?? new TokenUsage(_context, 0, 0, 0), usage is null ? TokenSource.Counted : TokenSource.Provider, CallOutcome.Completed);
        }
    }

    /// <summary>Ends the oldest reservation with what a response used, and writes the response's row.</summary>
    private void Finish(TokenUsage usage, TokenSource source, CallOutcome outcome)
    {
        var (own, admission) = _held[0];
        _held.RemoveAt(0);
        var call = _isFirst ? session : own;
        call.Admission = admission;
        call.Status = StatusCodes.Status101SwitchingProtocols;
        call.Outcome = outcome;
        call.Settle(usage with { InputTokens = usage.InputTokens + _beside.InputTokens, OutputTokens = usage.OutputTokens + _beside.OutputTokens }, source, target.Price);
        _beside = default;
        words.End(call);
        if (_isFirst)
        {
            // The frame has kept room for this row, and must not write it again.
            call.IsHandedOn = true;
            _isFirst = false;
        }
        else
        {
            ledger.Reserve();
        }

        frame.Record(call);
    }
}
