using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using Gateway.OpenAi;
using Gateway.Providers;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Proxy;

/// <summary>What YARP's forwarder asks for one attempt: the outgoing request's address and headers, and which of the answer goes to the caller.</summary>
internal sealed class UpstreamAttempt(
    ModelTarget target, bool hasOthers, CallRecord call, ICallBody body, OutgoingBody outgoing, AnswerTextSink? text, UpstreamDeadline deadline, Activity? span, TimeProvider time)
    : HttpTransformer, IDisposable
{
    /// <summary>Largest error body that is passed on, and answer that is looked into whole, in bytes. Providers' have a few hundred; a larger one is none of this API.</summary>
    private const int MaxKeptBytes = 1 << 20;

    /// <summary>How long an error's body may take while another target waits to be tried.</summary>
    private static readonly TimeSpan ErrorPatience = TimeSpan.FromSeconds(1);

    private const string EventStream = "text/event-stream";

    [SuppressMessage("Usage", "CA2213:Disposable fields should be disposed", Justification = "YARP disposes of the stream it reads, and with it of what the content holds.")]
    private TappedContent? _content;

    public int? Status { get; private set; }

    public string? UpstreamRequestId { get; private set; }

    /// <summary>Set when the upstream's answer must not reach the caller.</summary>
    public GatewayError? Refusal { get; private set; }

    public bool IsUncommitted { get; private set; }

    public ReadOnlyMemory<byte>? ErrorBody { get; private set; }

    /// <summary>A good answer that has to be looked into before the caller gets it.</summary>
    public ReadOnlyMemory<byte>? KeptBody { get; private set; }

    public IHeaderDictionary? ErrorHeaders { get; private set; }

    public bool? ShouldRetry { get; private set; }

    public TimeSpan? RetryAfter { get; private set; }

    public AnswerReader? Answer { get; private set; }

    public UsageTap? Tap => _content?.Tap;

    /// <summary>Whether the upstream broke its answer off, whatever happened to the caller's connection after that.</summary>
    public bool UpstreamBroke => Tap?.Failure is not null and not OperationCanceledException;

    public override ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        proxyRequest.RequestUri = target.Provider.Address(call.UpstreamPath ?? call.Endpoint.Path, call.UpstreamModel, httpContext.Request.QueryString.Value ?? "");
        var content = ContentOf(httpContext, proxyRequest);
        HeaderHygiene.CopyRequestHeaders(httpContext.Request.Headers, proxyRequest.Headers, content?.Headers);
        proxyRequest.Headers.TryAddWithoutValidation(HeaderNames.AcceptEncoding, "identity");
        if (span is not null)
        {
            // The provider's spans belong below this attempt, not beside it where the caller's own header would put them.
            proxyRequest.Headers.Remove(HeaderNames.TraceParent);
            proxyRequest.Headers.TryAddWithoutValidation(HeaderNames.TraceParent, span.Id);
        }

        content?.Headers.ContentLength = outgoing.Length;

        if (target.Provider.HasSeveralKeys)
        {
            proxyRequest.Options.Set(KeyRotation.BodyAgain, () => body.For(target).Stream);
        }

        target.Provider.Authorize(proxyRequest);
        return ValueTask.CompletedTask;
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
        {
            return false;
        }

        deadline.AnswerBegan();

        // No byte is served before its reservation is durable: a crash right after would forget what it cost.
        if (call.Admission is { } admission && !await admission.Committed)
        {
            IsUncommitted = true;
            Refusal = admission.LedgerFailed ? GatewayError.StoreUnavailable() : GatewayError.QuotaStoreUnavailable();
            return false;
        }

        Status = (int)proxyResponse.StatusCode;
        if (Status >= 400)
        {
            ShouldRetry = RetryHeaders.ShouldRetry(proxyResponse.Headers);
            RetryAfter = RetryHeaders.Wait(proxyResponse.Headers, time.GetUtcNow());
        }

        switch (Status)
        {
            // Redirects are not followed, and the caller has no business at the new address.
            case >= 300 and < 400:
                Refusal = GatewayError.UpstreamInvalidResponse();
                return false;
            case 401 or 403:
                Refusal = GatewayError.UpstreamAuthFailed();
                return false;
            case >= 400:
                // Apart from the response: another target may still answer.
                ErrorHeaders = new HeaderDictionary();
                UpstreamRequestId = HeaderHygiene.CopyResponseHeaders(proxyResponse, ErrorHeaders);
                await KeepErrorAsync(proxyResponse.Content, cancellationToken);
                return false;
            case >= 200 when call.KeepsAnswer:
                target.Health.Answered();
                UpstreamRequestId = HeaderHygiene.CopyResponseHeaders(proxyResponse, httpContext.Response.Headers);
                KeptBody = await ReadWholeAsync(proxyResponse.Content, cancellationToken);
                Refusal = KeptBody is null ? GatewayError.UpstreamInvalidResponse() : null;
                return false;
            default:
                target.Health.Answered();
                UpstreamRequestId = HeaderHygiene.CopyResponseHeaders(proxyResponse, httpContext.Response.Headers);
                Observe(httpContext.Response, proxyResponse);
                return true;
        }
    }

    public override ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken) =>
        ValueTask.CompletedTask;

    public void Dispose() => Answer?.Dispose();

    /// <summary>What carries the body, and its headers with it.</summary>
    private HttpContent? ContentOf(HttpContext http, HttpRequestMessage request)
    {
        if (request.Content is null || !outgoing.IsInMemory)
        {
            http.Request.Body = outgoing.Stream;
            return request.Content;
        }

        var whole = new BodyInOnePiece(outgoing.Stream);
        request.Options.Set(BodyInOnePiece.Key, whole);
        return whole;
    }

    private void Observe(HttpResponse response, HttpResponseMessage upstream)
    {
        var isStream = string.Equals(upstream.Content.Headers.ContentType?.MediaType, EventStream, StringComparison.OrdinalIgnoreCase);
        var leaveOut = isStream && call.Envelope is { UsageAsked: false } && call.Endpoint.AsksForUsage;
        if (isStream)
        {
            response.Headers.CacheControl = "no-cache, no-transform";
            response.Headers["x-accel-buffering"] = "no";
        }

        // Where bytes may be left out, the upstream's length is no longer the answer's; and these two have none, whatever they say.
        if (!leaveOut && upstream.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.ResetContent))
        {
            response.ContentLength = upstream.Content.Headers.ContentLength;
        }

        Answer = new AnswerReader(call.Endpoint, FormOf(upstream, isStream, call.Endpoint), leaveOut, call.Endpoint.UsagePaths ?? target.Provider.UsagePaths, text, KeeperOf(call)) { IdSink = call.IdSink };
        upstream.Content = _content = new TappedContent(upstream.Content, Answer, time, deadline);
    }

    /// <summary>Who keeps the answer's text. That of embeddings is numbers.</summary>
    private static AnswerTextSink? KeeperOf(CallRecord call) => call.Capture is { } capture && call.Endpoint != ApiEndpoint.Embeddings ? capture.Append : null;

    private static AnswerForm FormOf(HttpResponseMessage upstream, bool isStream, ApiEndpoint endpoint)
    {
        if (isStream)
        {
            return AnswerForm.EventStream;
        }

        var media = upstream.Content.Headers.ContentType?.MediaType;
        return media is null ? AnswerForm.Opaque
            : media.EndsWith("json", StringComparison.OrdinalIgnoreCase) ? AnswerForm.Json
            : endpoint.CountsAudio && IsText(media) ? AnswerForm.Text
            : AnswerForm.Opaque;
    }

    private static bool IsText(string media) =>
        media.StartsWith("text/", StringComparison.OrdinalIgnoreCase) || media.Equals("application/x-subrip", StringComparison.OrdinalIgnoreCase);

    private async Task KeepErrorAsync(HttpContent content, CancellationToken cancel)
    {
        using var patience = hasOthers ? new CancellationTokenSource(ErrorPatience, time) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            ErrorBody = await ReadWholeAsync(content, either.Token) is { } error ? target.Provider.Mask(error) : null;
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            // The next target is worth more than the rest of this error.
        }

        Refusal = ErrorBody is null ? GatewayError.UpstreamInvalidResponse() : null;
    }

    /// <summary>The whole of a small body; null where it is larger than any of this API.</summary>
    private async Task<ReadOnlyMemory<byte>?> ReadWholeAsync(HttpContent content, CancellationToken cancel)
    {
        await using var stream = await content.ReadAsStreamAsync(cancel);
        using var kept = new MemoryStream();
        var chunk = new byte[8192];
        while (kept.Length <= MaxKeptBytes)
        {
            deadline.ReadBegins();
            var read = await stream.ReadAsync(chunk, cancel);
            deadline.ReadEnded();
            if (read == 0)
            {
                return kept.ToArray();
            }

            kept.Write(chunk.AsSpan(0, read));
        }

        return null;
    }
}
