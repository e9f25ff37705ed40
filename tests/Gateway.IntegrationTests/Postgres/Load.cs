using System.Collections.Concurrent;
using System.Net;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Postgres;

/// <summary>Some callers who call again and again, whatever they are told.</summary>
internal sealed class Load
{
    /// <summary>8 input and 2 output tokens.</summary>
    public const string Answer =
        """{"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10}}""";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _caller;
    private readonly ConcurrentQueue<string> _served = [];
    private readonly ConcurrentQueue<string> _refusals = [];
    private readonly Task[] _callers;
    private volatile bool _done;
    private long _slowest;

    public Load(HttpClient caller, int callers)
    {
        _caller = caller;
        _callers = [.. Enumerable.Range(0, callers).Select(_ => Task.Run(CallAsync))];
    }

    public int Served => _served.Count;

    /// <summary>The ids of calls whose answer came whole.</summary>
    public IReadOnlyCollection<string> ServedIds => _served;

    public TimeSpan Slowest => new(Interlocked.Read(ref _slowest));

    /// <summary>Waits until so many more were served.</summary>
    public Task ServesAsync(int more)
    {
        var target = Served + more;
        return Eventually.IsTrueAsync(() => ValueTask.FromResult(Served >= target), Patience, TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until somebody is refused with that code.</summary>
    public Task RefusesAsync(string code) => Eventually.IsTrueAsync(
        () => ValueTask.FromResult(_refusals.Any(refusal => refusal.Contains(code, StringComparison.Ordinal))), Patience, TestContext.Current.CancellationToken);

    public async Task StopAsync()
    {
        _done = true;
        await Task.WhenAll(_callers);
    }

    private async Task CallAsync()
    {
        while (!_done)
        {
            var begun = TimeProvider.System.GetTimestamp();
            try
            {
                using var response = await _caller.CallAsync(Caller.Chat);
                var body = await response.Content.ReadAsStringAsync();
                if (response.StatusCode == HttpStatusCode.OK)
                {
                    _served.Enqueue(response.RequestId());
                }
                else
                {
                    Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
                    _refusals.Enqueue(body);
                }
            }
            catch (HttpRequestException)
            {
                // The gateway was killed.
                return;
            }

            var took = TimeProvider.System.GetElapsedTime(begun).Ticks;
            for (var slowest = Interlocked.Read(ref _slowest); took > slowest && Interlocked.CompareExchange(ref _slowest, took, slowest) != slowest; slowest = Interlocked.Read(ref _slowest))
            {
            }
        }
    }
}
