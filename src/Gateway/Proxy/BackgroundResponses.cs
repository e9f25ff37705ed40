using System.Collections.Concurrent;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Tokens;

namespace Gateway.Proxy;

/// <summary>
/// Responses that a provider goes on making while nobody waits for them. Each keeps its reservation until its usage is known, from its own key's asking for
/// it or from the gateway's asking now and then, and is charged and recorded then, once. What is still being made when the gateway stops is charged as reserved.
/// </summary>
internal sealed class BackgroundResponses(CallFrame frame, BackgroundProbe probe, Routing routing, TimeProvider time) : IHostedService, IDisposable
{
    /// <summary>More are not followed: they are charged as reserved at once.</summary>
    private const int MaxFollowed = 10_000;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>Providers give such responses up after less than this.</summary>
    private static readonly TimeSpan MostPatience = TimeSpan.FromHours(24);

    private readonly ConcurrentDictionary<(string Provider, string Id), FollowedResponse> _followed = [];
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Whether the provider goes on with the response that this answer told of.</summary>
    public static bool GoesOn(RequestEnvelope envelope, UpstreamAnswer answer) =>
        envelope.IsBackground && answer is { AnswerId: not null, Usage: null } && (answer.Outcome is not CallOutcome.Completed || BackgroundProbe.IsUnfinished(answer.Progress));

    /// <summary>Takes the call over: it is recorded when its usage is known.</summary>
    /// <param name="call">The call, answered so far.</param>
    /// <param name="target">Where it went.</param>
    /// <param name="answer">What came.</param>
    /// <param name="prompt">What is charged where the response ends without a usage.</param>
    public void Follow(CallRecord call, ModelTarget target, UpstreamAnswer answer, CountedTokens prompt)
    {
        if (answer.AnswerId is not { } id || _followed.Count >= MaxFollowed || _stop.IsCancellationRequested)
        {
            return;
        }

        call.IsHandedOn = true;
        call.End();
        var followed = new FollowedResponse(call, target, new TokenUsage(prompt.Tokens, 0, 0, 0));
        if (!_followed.TryAdd((target.Provider.Name, id), followed))
        {
            frame.Record(call);
            return;
        }

        followed.Watching = WatchAsync(target.Provider.Name, id, _stop.Token);
    }

    /// <summary>Somebody asked for a response: if it was followed and is done, it is charged now.</summary>
    public void Saw(string provider, string id, TokenUsage? usage, string? progress)
    {
        if ((usage is not null || !BackgroundProbe.IsUnfinished(progress)) && _followed.TryRemove((provider, id), out var followed))
        {
            followed.Settle(usage);
            frame.Record(followed.Call);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        foreach (var (key, followed) in _followed)
        {
            await followed.Watching;
            Forget(key);
        }
    }

    public void Dispose() => _stop.Dispose();

    private async Task WatchAsync(string provider, string id, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        var wait = FirstWait;
        try
        {
            while (_followed.ContainsKey((provider, id)) && time.GetElapsedTime(began) < MostPatience)
            {
                await Task.Delay(wait, time, stop);
                if (await AskAsync(provider, id, stop) is { } seen)
                {
                    Saw(provider, id, seen.Usage, seen.Progress);
                }

                wait = wait * 2 > LongestWait ? LongestWait : wait * 2;
            }

            Forget((provider, id));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The gateway stops, and forgets all of them.
        }
    }

    /// <summary>As the settings have the provider now: they may have changed since the response was begun.</summary>
    private async Task<BackgroundAnswer?> AskAsync(string provider, string id, CancellationToken stop)
    {
        using var catalog = routing.Hold();
        return catalog.FindKeeper(provider) is { } keeper ? await probe.AskAsync(keeper.Provider, id, stop) : null;
    }

    /// <summary>Nobody will know what it used: it is charged as reserved.</summary>
    private void Forget((string Provider, string Id) key)
    {
        if (_followed.TryRemove(key, out var followed))
        {
            frame.Record(followed.Call);
        }
    }
}
