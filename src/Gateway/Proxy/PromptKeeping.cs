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
        return new Gathering(log, call, body);
    }

    /// <summary>The same for a call that ends elsewhere than it begins; <see cref="End"/> is its end.</summary>
    public void Open(CallRecord call) => call.Capture = log.Open(call.Key?.LogPrompts);

    /// <summary>Hands in what was gathered; nothing where nothing was, or it was handed in.</summary>
    public void End(CallRecord call, RequestBody body) => new Gathering(log, call, body).Dispose();

    /// <summary>The names that the caller chose, as they may be recorded: somebody will send their key as the user or the model.</summary>
    public RequestEnvelope WithoutSecrets(RequestEnvelope envelope)
    {
        var user = redactor.WithoutSecrets(envelope.User);
        var model = redactor.WithoutSecrets(envelope.Model);
        return ReferenceEquals(user, envelope.User) && ReferenceEquals(model, envelope.Model) ? envelope : envelope with { User = user, Model = model };
    }

    /// <summary>One call's gathering; nothing where its content is not kept.</summary>
    internal readonly struct Gathering(PromptLog log, CallRecord call, RequestBody body) : IDisposable
    {
        public void Dispose()
        {
            if (call.Capture is not { } capture)
            {
                return;
            }

            call.Capture = null;
            capture.Complete(
                new CapturedCall(call.Id, call.Arrived, call.Key?.Id, call.Key?.TeamId, call.Envelope?.User, call.Endpoint, call.Envelope?.Model),
                body.Span);
            call.Content = log.TryHandIn(capture) ? LoggedContent.HandedIn : LoggedContent.Dropped;
        }
    }
}
