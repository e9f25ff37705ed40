using System.Diagnostics.CodeAnalysis;
using System.Net;
using Gateway.OpenAi;
using Gateway.Providers;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Proxy;

/// <summary>What YARP's forwarder asks for one attempt: the outgoing request's address and headers, and which of the answer goes to the caller.</summary>
internal sealed class UpstreamAttempt(Provider provider, CallRecord call, BodySplice body, AnswerTextSink? text, UpstreamDeadline deadline, TimeProvider time)
    : HttpTransformer, IDisposable
{
    /// <summary>Largest error body that is passed on, in bytes. Providers' errors are a few hundred; a larger one is not an error of this API.</summary>
    private const int MaxErrorBodyBytes = 1 << 20;

    private const string EventStream = "text/event-stream";

    [SuppressMessage("Usage", "CA2213:Disposable fields should be disposed", Justification = "YARP disposes of the stream it reads, and with it of what the content holds.")]
    private TappedContent? _content;

    public int? Status { get; private set; }

    public string? UpstreamRequestId { get; private set; }

    /// <summary>Set when the upstream's answer must not reach the caller.</summary>
    public GatewayError? Refusal { get; private set; }

    public bool IsUncommitted { get; private set; }

    public ReadOnlyMemory<byte>? ErrorBody { get; private set; }

    public AnswerReader? Answer { get; private set; }

    public UsageTap? Tap => _content?.Tap;

    /// <summary>Whether the upstream broke its answer off, whatever happened to the caller's connection after that.</summary>
    public bool UpstreamBroke => Tap?.Failure is not null and not OperationCanceledException;

    public override ValueTask TransformRequestAsync(HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        proxyRequest.RequestUri = provider.Address(call.UpstreamPath ?? call.Endpoint.Path, httpContext.Request.QueryString.Value ?? "");
        HeaderHygiene.CopyRequestHeaders(httpContext.Request.Headers, proxyRequest);
        proxyRequest.Headers.TryAddWithoutValidation(HeaderNames.AcceptEncoding, "identity");
        if (proxyRequest.Content is { } content)
        {
            content.Headers.ContentLength = body.Length;
        }

        provider.Authorize(proxyRequest);
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
            Refusal = GatewayError.QuotaStoreUnavailable();
            return false;
        }

        Status = (int)proxyResponse.StatusCode;
        UpstreamRequestId = HeaderHygiene.CopyResponseHeaders(proxyResponse, httpContext.Response.Headers);
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
                await KeepErrorAsync(proxyResponse.Content, cancellationToken);
                return false;
            default:
                Observe(httpContext.Response, proxyResponse);
                return true;
        }
    }

    public override ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken) =>
        ValueTask.CompletedTask;

    public void Dispose() => Answer?.Dispose();

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

        Answer = new AnswerReader(call.Endpoint, FormOf(upstream, isStream), leaveOut, call.Endpoint.UsagePaths ?? provider.UsagePaths, text) { IdSink = call.IdSink };
        upstream.Content = _content = new TappedContent(upstream.Content, Answer, time, deadline);
    }

    private static AnswerForm FormOf(HttpResponseMessage upstream, bool isStream)
    {
        if (isStream)
        {
            return AnswerForm.EventStream;
        }

        var media = upstream.Content.Headers.ContentType?.MediaType;
        return media is not null && media.EndsWith("json", StringComparison.OrdinalIgnoreCase) ? AnswerForm.Json : AnswerForm.Opaque;
    }

    private async Task KeepErrorAsync(HttpContent content, CancellationToken cancel)
    {
        await using var stream = await content.ReadAsStreamAsync(cancel);
        using var kept = new MemoryStream();
        var chunk = new byte[8192];
        while (kept.Length <= MaxErrorBodyBytes)
        {
            deadline.ReadBegins();
            var read = await stream.ReadAsync(chunk, cancel);
            deadline.ReadEnded();
            if (read == 0)
            {
                ErrorBody = provider.Mask(kept.ToArray());
                return;
            }

            kept.Write(chunk.AsSpan(0, read));
        }

        Refusal = GatewayError.UpstreamInvalidResponse();
    }
}
