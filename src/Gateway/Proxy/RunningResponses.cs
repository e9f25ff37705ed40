using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>The responses that run on one WebSocket, and what was made on it. Written by the caller's side, read by the provider's.</summary>
internal sealed class RunningResponses
{
    private readonly Lock _gate = new();
    private readonly List<ResponsesTurn> _running = [];
    private readonly Dictionary<string, long> _earlier = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isLast;

    /// <summary>OpenAI keeps one a lane; whoever goes on from an older one is told that it is not found.</summary>
    private const int MostEarlier = 256;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _running.Count;
            }
        }
    }

    /// <summary>Whether nothing new may begin.</summary>
    public bool IsLast
    {
        get
        {
            lock (_gate)
            {
                return _isLast;
            }
        }
    }

    public void Add(ResponsesTurn turn)
    {
        lock (_gate)
        {
            _running.Add(turn);
        }
    }

    /// <summary>Whose event it is: of the response that it names, else of the one that runs on its lane.</summary>
    public ResponsesTurn? Find(ResponsesEvent seen)
    {
        lock (_gate)
        {
            var named = seen.ResponseId is { } id ? _running.Find(turn => turn.Id == id) : null;
            if (named is not null || seen.IsEnd)
            {
                return named;
            }

            // Who does not know of lanes makes one response after the other.
            return _running.Find(turn => turn.Lane == seen.Lane) ?? (seen.Lane.Length == 0 ? _running.FirstOrDefault() : null);
        }
    }

    /// <summary>It runs no more. What may be gone on from is remembered before the caller can know that it has ended.</summary>
    public void Remove(ResponsesTurn turn)
    {
        lock (_gate)
        {
            _running.Remove(turn);
            if (turn.Id is { } id && _earlier.TryAdd(id, TokensOf(turn)))
            {
                _order.Enqueue(id);
                if (_order.Count > MostEarlier)
                {
                    _earlier.Remove(_order.Dequeue());
                }
            }

            EndIfDone();
        }
    }

    /// <summary>All that still run, which then do no more.</summary>
    public ResponsesTurn[] RemoveAll()
    {
        lock (_gate)
        {
            ResponsesTurn[] all = [.. _running];
            _running.Clear();
            return all;
        }
    }

    /// <summary>Whether a response was made on this WebSocket: what is not stored can be gone on from here and nowhere else.</summary>
    /// <param name="id">The response.</param>
    /// <param name="tokens">All that its prompt and its answer had, which going on from it costs again.</param>
    public bool TryFindEarlier(string id, out long tokens)
    {
        lock (_gate)
        {
            return _earlier.TryGetValue(id, out tokens);
        }
    }

    /// <summary>Lets nothing new begin, and ends when nothing runs any more.</summary>
    public Task EndAsync()
    {
        lock (_gate)
        {
            _isLast = true;
            EndIfDone();
            return _done.Task;
        }
    }

    /// <summary>Where its provider does not tell, no more than was reserved for it.</summary>
    private static long TokensOf(ResponsesTurn turn) => turn.Usage is { } usage ? usage.InputTokens + usage.OutputTokens
        : turn.Call.Admission?.Ask.Estimate is { } most ? most.InputTokens + most.OutputTokens
        : 0;

    private void EndIfDone()
    {
        if (_isLast && _running.Count == 0)
        {
            _done.TrySetResult();
        }
    }
}
