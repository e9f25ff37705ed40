using System.Text;
using Gateway.Ledger;

namespace Gateway.Console.Playground;

/// <summary>An answer while it comes and after. Written by the call, read by the page: each under the lock.</summary>
internal sealed class ChatAnswer(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _reasoning = new();
    private int _version;
    private long? _firstAt;

    /// <summary>Raised by every change: whoever shows it looks whether there is something new.</summary>
    public int Version => Volatile.Read(ref _version);

    public string Text
    {
        get
        {
            lock (_lock)
            {
                return _text.ToString();
            }
        }
    }

    public string Reasoning
    {
        get
        {
            lock (_lock)
            {
                return _reasoning.ToString();
            }
        }
    }

    public bool IsDone { get; private set; }

    /// <summary>From the first text to the end.</summary>
    public TimeSpan? Writing { get; private set; }

    /// <summary>Ended by the reader.</summary>
    public bool IsStopped { get; private set; }

    public string? RequestId { get; set; }

    /// <summary>What went wrong, as the API says it.</summary>
    public string? Error { get; private set; }

    public string? ErrorCode { get; private set; }

    public TimeSpan? RetryAfter { get; private set; }

    /// <summary>The call's row, once it is written: what it used and cost.</summary>
    public LedgerEntry? Row { get; private set; }

    /// <summary>true for up, false for down.</summary>
    public bool? Rating { get; set; }

    public string? Comment { get; set; }

    public bool IsRated { get; set; }

    /// <summary>One that was given elsewhere.</summary>
    public static ChatAnswer Of(string text, TimeProvider time) => Of(new KeptAnswer(text, "", null, null, null, IsWhole: true, null, null), time);

    /// <summary>One that was kept; where it had not ended, whoever left it stopped it.</summary>
    public static ChatAnswer Of(KeptAnswer kept, TimeProvider time)
    {
        var answer = new ChatAnswer(time) { RequestId = kept.RequestId, Rating = kept.Rating, Comment = kept.Comment, IsStopped = !kept.IsWhole };
        answer._text.Append(kept.Text);
        answer._reasoning.Append(kept.Reasoning);
        (answer.Error, answer.ErrorCode, answer.IsDone) = (kept.Error, kept.ErrorCode, true);
        return answer;
    }

    public KeptAnswer Kept() => new(Text, Reasoning, RequestId, Error, ErrorCode, IsDone && !IsStopped, Rating, Comment);

    /// <summary>Changes with what is kept.</summary>
    public int Stamp => HashCode.Combine(Version, RequestId, Rating, Comment);

    public void Append(string? text, string? reasoning)
    {
        lock (_lock)
        {
            _text.Append(text);
            _reasoning.Append(reasoning);
            _firstAt ??= time.GetTimestamp();
        }

        Interlocked.Increment(ref _version);
    }

    public void Fail(string message, string? code, TimeSpan? retryAfter)
    {
        (Error, ErrorCode, RetryAfter) = (message, code, retryAfter);
        Interlocked.Increment(ref _version);
    }

    public void Stop() => IsStopped = true;

    public void Complete()
    {
        Writing = _firstAt is { } first ? time.GetElapsedTime(first) : null;
        IsDone = true;
        Interlocked.Increment(ref _version);
    }

    public void Recorded(LedgerEntry row)
    {
        Row = row;
        Interlocked.Increment(ref _version);
    }
}
