using Gateway.Keys;
using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>Asks again and again whether a session's key is still good: a session outlives many a key that opened it.</summary>
/// <param name="find">The key as it stands now.</param>
/// <param name="time">The clock.</param>
internal sealed class KeyWatch(Func<CancellationToken, ValueTask<Outcome<ApiKey>>> find, TimeProvider time)
{
    /// <summary>A look-up in memory, so often that a revoked key's session is over when its admin looks.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public ValueTask<Outcome<ApiKey>> FindAsync(CancellationToken cancel) => find(cancel);

    /// <summary>Ends when the key is not accepted any more; never where the database alone is away.</summary>
    public async Task<GatewayError> UntilRefusedAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(cancel))
        {
            if (!(await find(cancel)).TryGet(out _, out var error) && error.Status == StatusCodes.Status401Unauthorized)
            {
                return error;
            }
        }

        throw new OperationCanceledException(cancel);
    }
}
