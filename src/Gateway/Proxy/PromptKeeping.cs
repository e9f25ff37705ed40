using Gateway.Keys;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Prompts;

namespace Gateway.Proxy;

/// <summary>What a call does for the prompt log: begins to gather where its key, team or the settings say so, and hands in what it has.</summary>
internal sealed class PromptKeeping(PromptLog log, Redactor redactor)
{
    /// <summary>
    /// Once a call is about to be forwarded: one that is refused before has no answer, and its prompt is nobody's business. The end hands in what was gathered,
    /// however the call ended, while its body can still be read.
    /// </summary>
    public Gathering Begin(CallRecord call, RequestBody body)
    {
        Open(call);
        return new Gathering(this, call, body);
    }

    /// <summary>The same for a call that ends elsewhere than it begins; <see cref="End"/> is its end.</summary>
    public void Open(CallRecord call) => call.Capture = log.Open(call.Key?.LogPrompts);

    /// <summary>The same for what belongs to no call yet; null where it is not to be kept.</summary>
    public PromptCapture? Open(ApiKey key) => log.Open(key.LogPrompts);

    /// <summary>Hands in what was gathered; nothing where nothing was, or it was handed in.</summary>
    /// <param name="call">The call, whose row then says what became of it.</param>
    /// <param name="request">What was asked, as JSON; empty where that is not known.</param>
    public void End(CallRecord call, ReadOnlySpan<byte> request)
    {
        if (call.Capture is not { } capture)
        {
            return;
        }

        call.Capture = null;
        capture.Complete(
            new CapturedCall(call.Id, call.Arrived, call.Key?.Id, call.Key?.TeamId, call.Envelope?.User, call.Endpoint, call.Envelope?.Model),
            request);
        call.Content = log.TryHandIn(capture) ? LoggedContent.HandedIn : LoggedContent.Dropped;
    }

    /// <summary>The same for an upload, of which the fields' text is kept and of files their names and sizes.</summary>
    public async Task EndAsync(CallRecord call, UploadForm form, SpooledBody body)
    {
        if (call.Capture is not { } capture)
        {
            return;
        }

        try
        {
            End(call, (await FormPrompt.ReadAsync(form, body, capture.MaxRequestBytes)).Span);
        }
        catch (IOException)
        {
            // The file that holds the upload can't be read any more: the caller has the answer all the same.
            capture.Dispose();
            call.Capture = null;
            call.Content = LoggedContent.Dropped;
        }
    }

    /// <summary>The names that the caller chose, as they may be recorded: somebody will send their key as the user or the model.</summary>
    public RequestEnvelope WithoutSecrets(RequestEnvelope envelope)
    {
        var user = redactor.WithoutSecrets(envelope.User);
        var model = redactor.WithoutSecrets(envelope.Model);
        return ReferenceEquals(user, envelope.User) && ReferenceEquals(model, envelope.Model) ? envelope : envelope with { User = user, Model = model };
    }

    /// <summary>One call's gathering; nothing where its content is not kept.</summary>
    internal readonly struct Gathering(PromptKeeping keeping, CallRecord call, RequestBody body) : IDisposable
    {
        public void Dispose() => keeping.End(call, body.Span);
    }
}
