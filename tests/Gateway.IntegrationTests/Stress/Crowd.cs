using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Stress;

/// <summary>Callers at every gateway who call again and again, whatever they are told, until they are stopped.</summary>
internal sealed class Crowd : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _done = new();
    private readonly ConcurrentQueue<string> _surprises = [];
    private readonly List<HttpClient> _clients = [];
    private readonly List<Task> _callers = [];
    private int _served;

    /// <param name="fleet">Whom they call.</param>
    /// <param name="keys">Theirs, and whether they stream.</param>
    /// <param name="callersPerKey">At each gateway.</param>
    public Crowd(Fleet fleet, IReadOnlyList<(string Key, bool Stream)> keys, int callersPerKey)
    {
        for (var gateway = 0; gateway < fleet.Addresses.Count; gateway++)
        {
            foreach (var (key, stream) in keys)
            {
                var client = fleet.Client(gateway, key);
                _clients.Add(client);
                var body = $$"""{"model":"gpt-4o","stream":{{(stream ? "true" : "false")}},"max_completion_tokens":{{StressUpstream.Cap}},"messages":[{"role":"user","content":"Hello"}]}""";
                _callers.AddRange(Enumerable.Range(0, callersPerKey).Select(_ => Task.Run(() => CallAsync(client, body))));
            }
        }
    }

    public int Served => Volatile.Read(ref _served);

    /// <summary>Answers that no caller should get.</summary>
    public IReadOnlyCollection<string> Surprises => _surprises;

    /// <summary>Waits until so many more were served.</summary>
    public Task ServesAsync(int more)
    {
        var target = Served + more;
        return Eventually.IsTrueAsync(() => ValueTask.FromResult(Served >= target), Patience, TestContext.Current.CancellationToken);
    }

    public async Task StopAsync()
    {
        await _done.CancelAsync();
        await Task.WhenAll(_callers);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _clients.ForEach(client => client.Dispose());
        _done.Dispose();
    }

    private async Task CallAsync(HttpClient client, string body)
    {
        while (!_done.IsCancellationRequested)
        {
            if (!await IsServedAsync(client, body))
            {
                // Whoever was refused, or cut off, tries again a little later.
                await Task.Delay(Breath, TimeProvider.System, _done.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
    }

    private async Task<bool> IsServedAsync(HttpClient client, string body)
    {
        try
        {
            // A call that has begun is never given up by its caller: how it ends is the gateways' affair.
            using var response = await client.CallAsync(body);
            var text = await response.Content.ReadAsStringAsync(CancellationToken.None);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                Interlocked.Increment(ref _served);
                return true;
            }

            if (response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable))
            {
                _surprises.Enqueue($"{(int)response.StatusCode} {text}");
            }
        }
        catch (Exception cut) when (cut is HttpRequestException or IOException or SocketException)
        {
            // Its gateway was killed.
        }

        return false;
    }
}
