using StackExchange.Redis;

namespace Gateway.Quotas;

/// <summary>One answer of quota.lua: a word, then figures.</summary>
internal readonly struct ScriptReply
{
    private readonly RedisResult[] _parts;

    /// <param name="result">What the server sent.</param>
    /// <param name="repeated">An earlier attempt got no answer and may have happened too.</param>
    public ScriptReply(RedisResult result, bool repeated)
    {
        _parts = (RedisResult[]?)result ?? throw new InvalidOperationException("The quota script answered nothing.");
        Word = _parts[0].ToString();
        Repeated = repeated;
    }

    public bool Repeated { get; }

    public string Word { get; }

    public int Length => _parts.Length;

    public long Number(int index) => (long)_parts[index];

    public string Text(int index) => _parts[index].ToString();

    public RedisResult[] List(int index) => (RedisResult[]?)_parts[index] ?? [];

    public ReservationState State(int index) => Text(index) switch
    {
        "H" => ReservationState.Held,
        "S" => ReservationState.Settled,
        "L" => ReservationState.Released,
        "E" => ReservationState.Expired,
        "U" => ReservationState.Unknown,
        var other => throw new InvalidOperationException($"The quota script answered a state '{other}'."),
    };

    /// <summary>Null where the fence let the operation through.</summary>
    public StoreFailure? Fence() => Word switch
    {
        "EPOCH" => new(StoreFailureKind.OtherEpoch, long.TryParse(Text(1), out var epoch) ? epoch : null, "Redis holds counters of another epoch, or none."),
        "FENCED" => new(StoreFailureKind.OtherServer, null, "Redis was restarted, restored or failed over since its counters were built."),
        "LOST" => new(StoreFailureKind.Incomplete, null, "Part of the counters is missing from Redis."),
        "CLOCK" => new(StoreFailureKind.ClockWentBack, null, "The Redis server's clock stepped back."),
        _ => null,
    };

    public InvalidOperationException Unexpected(string operation) =>
        new($"The quota script answered '{string.Join(' ', _parts.Take(4).Select(part => part.ToString()))}' to '{operation}'.");

    /// <summary>Figures start after the word, the time and the wait; five numbers per limit.</summary>
    public LimitFigure[] Figures(IReadOnlyList<Limit> limits)
    {
        var now = Number(1);
        var figures = new LimitFigure[limits.Count];
        for (var i = 0; i < figures.Length; i++)
        {
            var at = 3 + (i * 5);
            var (counted, resetsIn) = (Number(at + 1), Number(at + 2));
            DateTimeOffset? resetsAt = resetsIn < 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(now + resetsIn);
            figures[i] = new(limits[i], (LimitVerdict)Number(at), counted, Math.Min(Number(at + 3), counted), Number(at + 4), resetsAt);
        }

        return figures;
    }
}
