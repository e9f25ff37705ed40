using Gateway.Providers;
using Gateway.Telemetry;

namespace Gateway.Webhooks;

/// <summary>Tells events to all receivers, in the background. Whoever tells waits for nothing, least of all a call.</summary>
internal sealed partial class WebhookSender : BackgroundService
{
    private readonly HttpMessageInvoker _client;
    private readonly WebhookReceiver[] _receivers;
    private readonly IReadOnlyList<string> _types;
    private readonly ILogger<WebhookSender> _logger;

    public WebhookSender(WebhookOptions options, GatewayMetrics metrics, TimeProvider time, ILogger<WebhookSender> logger)
    {
        _logger = logger;
        _types = options.Events ?? WebhookEventType.All;

        // As providers are called: no redirects, no proxy, and never a metadata service, whatever a name leads to.
        _client = new HttpMessageInvoker(Provider.CreateHandler(TimeSpan.FromSeconds(options.TimeoutSeconds), new UpstreamConnector()));
        _receivers = options.Secret is { Length: > 0 } secret
            ? [.. options.Urls.Select(url => new WebhookReceiver(new Uri(url.Trim()), options, new WebhookSignature(secret), _client, metrics, time, new Random(), logger))]
            : [];
    }

    /// <summary>Whether anyone is told anything.</summary>
    public bool IsOn => _receivers.Length > 0;

    /// <summary>Whether anyone wants to hear of these.</summary>
    public bool IsWanted(string type) => IsOn && _types.Contains(type, StringComparer.Ordinal);

    /// <returns>Whether any receiver's queue had room. Nobody wanting it is as good.</returns>
    public bool Post(WebhookEvent told)
    {
        if (!IsWanted(told.Type))
        {
            return true;
        }

        var taken = false;
        foreach (var receiver in _receivers)
        {
            taken |= receiver.Post(told);
        }

        return taken;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_receivers.Sum(receiver => receiver.Held) is var left and > 0)
        {
            NotDelivered(left);
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _client.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.WhenAll(_receivers.Select(receiver => receiver.RunAsync(stoppingToken)));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    [LoggerMessage(1043, LogLevel.Warning, "{Events} events were not delivered before the stop. What limits they spoke of is told again after the next start, while it holds")]
    private partial void NotDelivered(int events);
}
