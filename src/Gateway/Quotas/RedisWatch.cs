using Gateway.Storage;
using StackExchange.Redis;

namespace Gateway.Quotas;

/// <summary>
/// Whether the Redis server is there and fit for counters: tested once at the start, or as soon as it is reached, and asked for a sign of life
/// each second, for readiness and metrics. Calls find out by themselves.
/// </summary>
internal sealed partial class RedisWatch(IConnectionMultiplexer redis, RedisSelfTest test, TimeProvider time, ILogger<RedisWatch> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private volatile bool _answers;
    private volatile bool _isTested;

    public bool IsHealthy => _answers;

    /// <exception cref="StartRefusedException">The server is there, and lacks what no limit can be kept without.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (await LookAsync(cancellationToken) is { IsFatal: true } lack)
        {
            throw new StartRefusedException($"The Redis server of Gateway:Redis:Configuration can't keep quotas: {lack.Text}.", null);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await LookAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task<RedisLack?> LookAsync(CancellationToken cancel)
    {
        try
        {
            await redis.GetDatabase().ExecuteAsync("PING", [], CommandFlags.DemandMaster).WaitAsync(cancel);
            if (_isTested)
            {
                Found(true);
                return null;
            }

            var lack = await test.RunAsync(cancel);
            _isTested = true;
            if (lack is { IsFatal: true })
            {
                LogLacks(lack.Text);
            }
            else if (lack is not null)
            {
                LogWeak(lack.Text);
            }

            Found(lack is not { IsFatal: true });
            return lack;
        }
        catch (Exception away) when (away is RedisException or RedisTimeoutException)
        {
            // Another server may answer next time.
            _isTested = false;
            Found(false);
            return null;
        }
    }

    private void Found(bool answers)
    {
        if (_answers != answers)
        {
            _answers = answers;
            if (answers)
            {
                LogThere();
            }
            else
            {
                LogAway();
            }
        }
    }

    [LoggerMessage(5040, LogLevel.Error, "The Redis server can't keep quotas: {Lack}")]
    private partial void LogLacks(string lack);

    [LoggerMessage(5041, LogLevel.Warning, "The Redis server is fit for quotas, but {Lack}")]
    private partial void LogWeak(string lack);

    [LoggerMessage(5042, LogLevel.Information, "The Redis server answers")]
    private partial void LogThere();

    [LoggerMessage(5043, LogLevel.Warning, "The Redis server does not answer: calls under hard limits are refused until it does, unless Gateway:Redis:OnFailure says otherwise")]
    private partial void LogAway();
}
