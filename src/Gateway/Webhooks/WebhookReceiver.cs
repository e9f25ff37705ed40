using System.Globalization;
using System.Net.Http.Headers;
using System.Threading.Channels;
using Gateway.Providers;
using Gateway.Telemetry;

namespace Gateway.Webhooks;

/// <summary>
/// One receiver with its own queue, so that one that hangs keeps no other waiting. What it does not take is sent again after a while, others
/// meanwhile: events arrive in no certain order. What waits is bounded and kept in memory alone.
/// </summary>
internal sealed partial class WebhookReceiver(Uri address, WebhookOptions options, WebhookSignature signature, HttpMessageInvoker client, GatewayMetrics metrics, TimeProvider time, Random random, ILogger logger)
{
    private readonly Channel<Delivery> _fresh = Channel.CreateUnbounded<Delivery>(new UnboundedChannelOptions { SingleReader = true });
    private readonly TimeSpan _patience = TimeSpan.FromSeconds(options.TimeoutSeconds);
    private int _held;

    /// <summary>Events that were not taken yet.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>Waits for nothing.</summary>
    /// <returns>Whether there was room.</returns>
    public bool Post(WebhookEvent told)
    {
        if (Interlocked.Increment(ref _held) > options.QueueEvents)
        {
            Interlocked.Decrement(ref _held);
            metrics.WebhookCalled(WebhookResult.Dropped);
            NoRoom(told.Id, told.Type, address.Host);
            return false;
        }

        return _fresh.Writer.TryWrite(new Delivery(told, 0));
    }

    public async Task RunAsync(CancellationToken cancel)
    {
        var waiting = new PriorityQueue<Delivery, long>();
        while (true)
        {
            var now = time.GetTimestamp();
            while (_fresh.Reader.TryRead(out var fresh))
            {
                waiting.Enqueue(fresh, now);
            }

            if (!waiting.TryPeek(out var next, out var due))
            {
                await _fresh.Reader.WaitToReadAsync(cancel);
            }
            else if (due > now)
            {
                await WaitAsync(time.GetElapsedTime(now, due), cancel);
            }
            else
            {
                waiting.Dequeue();
                if (await TryAsync(next, cancel) is { } wait)
                {
                    waiting.Enqueue(next with { Failed = next.Failed + 1 }, time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency));
                }
            }
        }
    }

    /// <summary>Until something comes, for so long at most.</summary>
    private async Task WaitAsync(TimeSpan most, CancellationToken cancel)
    {
        using var over = new CancellationTokenSource(most, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancel);
        try
        {
            await _fresh.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // The wait is over.
        }
    }

    /// <summary>Sends once.</summary>
    /// <returns>How long to wait before it is sent again; null where that is not to be.</returns>
    private async Task<TimeSpan?> TryAsync(Delivery delivery, CancellationToken cancel)
    {
        var (told, failed) = delivery;
        var (reason, asked) = await SendAsync(told, cancel);
        if (reason is null)
        {
            Interlocked.Decrement(ref _held);
            metrics.WebhookCalled(WebhookResult.Sent);
            return null;
        }

        failed++;
        if (failed >= options.Attempts)
        {
            Interlocked.Decrement(ref _held);
            metrics.WebhookCalled(WebhookResult.Dropped);
            GivenUp(told.Id, told.Type, address.Host, failed, reason);
            return null;
        }

        var wait = WebhookPatience.After(failed, asked, random.NextDouble());
        metrics.WebhookCalled(WebhookResult.Retried);
        NotTaken(told.Id, told.Type, address.Host, reason, wait.TotalSeconds);
        return wait;
    }

    /// <returns>Why it was not taken, in words of our own, and how long the receiver asks to be left alone; null where it was.</returns>
    private async Task<(string? Reason, TimeSpan? Asked)> SendAsync(WebhookEvent told, CancellationToken cancel)
    {
        using var over = new CancellationTokenSource(_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancel);
        using var request = Request(told);
        try
        {
            // The head of the answer says all: its body is not read.
            using var response = await client.SendAsync(request, either.Token);
            return response.IsSuccessStatusCode ? (null, null) : (string.Create(CultureInfo.InvariantCulture, $"status {(int)response.StatusCode}"), Asked(response.Headers.RetryAfter));
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return ("no answer in time", null);
        }
        catch (HttpRequestException failure)
        {
            return (failure.GetBaseException() is UpstreamAddressRefusedException ? "a metadata or link-local address, which is never called" : failure.HttpRequestError.ToString(), null);
        }
        catch (IOException failure)
        {
            return (failure.GetType().Name, null);
        }
    }

    private HttpRequestMessage Request(WebhookEvent told)
    {
        // Each attempt has its own time: receivers refuse old ones as replays.
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var content = new ByteArrayContent(told.Body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = content,
            Headers =
            {
                { "user-agent", $"Gateway/{BuildInfo.Version}" },
                { "webhook-id", told.Id },
                { "webhook-timestamp", now.ToString(CultureInfo.InvariantCulture) },
                { "webhook-signature", signature.Of(told.Id, now, told.Body) },
            },
        };
    }

    private TimeSpan? Asked(RetryConditionHeaderValue? header) => header switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow(),
        _ => null,
    };

    // The host alone: paths and queries of such addresses are often their credential.
    [LoggerMessage(1040, LogLevel.Warning, "The event {Event} ({Type}) was not taken by {Host}: {Reason}. It is sent again in {Seconds:0} s")]
    private partial void NotTaken(string @event, string type, string host, string reason, double seconds);

    [LoggerMessage(1041, LogLevel.Error, "The event {Event} ({Type}) is dropped: {Host} did not take it in {Attempts} attempts, last {Reason}")]
    private partial void GivenUp(string @event, string type, string host, int attempts, string reason);

    [LoggerMessage(1042, LogLevel.Error, "The event {Event} ({Type}) is dropped: too many wait for {Host}")]
    private partial void NoRoom(string @event, string type, string host);

    private sealed record Delivery(WebhookEvent Told, int Failed);
}
