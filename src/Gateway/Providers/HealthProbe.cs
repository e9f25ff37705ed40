namespace Gateway.Providers;

/// <summary>
/// Asks providers for their health where that costs no tokens: each that names a health path at the start, and then those of whom a target pauses since nobody was there.
/// Who is back is called again at once, instead of when the pause is over.
/// </summary>
internal sealed partial class HealthProbe(Routing routing, TimeProvider time, ILogger<HealthProbe> logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await AskAsync(provider => true, tell: true, stoppingToken);
            using var timer = new PeriodicTimer(Look, time);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await AskAsync(Pauses, tell: false, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private bool Pauses(Provider provider) => routing.Current.Health.At(provider).Any(target => target.MayBeProbed);

    private async Task AskAsync(Func<Provider, bool> which, bool tell, CancellationToken cancel)
    {
        using ModelCatalog catalog = routing.Hold();
        await Task.WhenAll(catalog.Providers.Where(provider => provider.HealthAddress is not null && which(provider)).Select(async provider =>
        {
            if (await IsWellAsync(provider, tell, cancel))
            {
                foreach (TargetHealth target in catalog.Health.At(provider))
                {
                    target.ProbedWell();
                }
            }
        }));
    }

    private async Task<bool> IsWellAsync(Provider provider, bool tell, CancellationToken cancel)
    {
        using var clock = new CancellationTokenSource(AnswerTime, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancel);
        using var request = new HttpRequestMessage(HttpMethod.Get, provider.HealthAddress);
        provider.Authorize(request);
        try
        {
            using HttpResponseMessage response = await provider.Client.SendAsync(request, deadline.Token);
            if (tell && !response.IsSuccessStatusCode)
            {
                NotHealthy(provider.Name, (int)response.StatusCode);
            }

            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            if (tell)
            {
                NotReached(provider.Name, e);
            }

            return false;
        }
    }

    [LoggerMessage(3003, LogLevel.Warning, "The provider {Provider} says that it is not well: its health path answers {Status}")]
    private partial void NotHealthy(string provider, int status);

    [LoggerMessage(3004, LogLevel.Warning, "The provider {Provider} did not answer on its health path")]
    private partial void NotReached(string provider, Exception exception);
}
