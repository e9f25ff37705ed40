using System.Buffers;

namespace Gateway.OpenAi;

/// <summary>Places in one JSON object where text or usage stands, in order. Kept as places so that nothing is copied, and nothing is handed over of an object that proves broken.</summary>
internal sealed class AnswerFindings
{
    private const int Few = 8;
    private const int KeptBetweenObjects = 256;
    private const int UsageChannel = -1;
    private const int StatusChannel = -2;

    private Finding[] _findings = new Finding[Few];

    public int Count { get; private set; }

    public void Clear()
    {
        Count = 0;
        if (_findings.Length > KeptBetweenObjects)
        {
            _findings = new Finding[Few];
        }
    }

    public void AddText(int choice, int channel, int start, int length, bool isEscaped) =>
        Add(new Finding { Choice = choice, Channel = channel, Start = start, Length = length, IsEscaped = isEscaped });

    /// <param name="start">Where its JSON begins.</param>
    /// <param name="length">How long that is.</param>
    /// <param name="isTop">Whether it is the object's own usage rather than that of something inside it.</param>
    public void AddUsage(int start, int length, bool isTop) => Add(new Finding { Channel = UsageChannel, Start = start, Length = length, IsTop = isTop });

    /// <summary>How far the answer has come, without its quotes.</summary>
    public void AddStatus(int start, int length) => Add(new Finding { Channel = StatusChannel, Start = start, Length = length });

    /// <summary>Tells the choice of the findings from the first one on, for when it is named after its text.</summary>
    public void SetChoice(int first, int choice)
    {
        foreach (ref var finding in _findings.AsSpan(first, Count - first))
        {
            finding.Choice = choice;
        }
    }

    public void SetChannel(int first, int channel)
    {
        foreach (ref var finding in _findings.AsSpan(first, Count - first))
        {
            finding.Channel = channel;
        }
    }

    /// <summary>Hands the findings over, with the JSON in which they were found, and forgets them.</summary>
    public void Deliver(ReadOnlySpan<byte> json, UsageReader usage, AnswerMarks marks, AnswerTextSink? sink)
    {
        foreach (ref readonly var finding in _findings.AsSpan(0, Count))
        {
            var value = json.Slice(finding.Start, finding.Length);
            if (finding.Channel == UsageChannel)
            {
                usage.Read(value, finding.IsTop);
            }
            else if (finding.Channel == StatusChannel)
            {
                marks.TakeStatus(value);
            }
            else if (sink is not null && !finding.IsEscaped)
            {
                sink(finding.Choice, finding.Channel, value);
            }
            else if (sink is not null)
            {
                DeliverEscaped(in finding, value, sink);
            }
        }

        Clear();
    }

    private static void DeliverEscaped(ref readonly Finding finding, ReadOnlySpan<byte> value, AnswerTextSink sink)
    {
        const int onStack = 512;
        var rented = value.Length > onStack ? ArrayPool<byte>.Shared.Rent(value.Length) : null;
        try
        {
            Span<byte> text = rented ?? stackalloc byte[onStack];
            var length = JsonText.Unescape(value, text);
            if (length > 0)
            {
                sink(finding.Choice, finding.Channel, text[..length]);
            }
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    private void Add(Finding finding)
    {
        if (Count == _findings.Length)
        {
            Array.Resize(ref _findings, 2 * Count);
        }

        _findings[Count++] = finding;
    }

    private struct Finding
    {
        public int Choice;
        public int Channel;
        public int Start;
        public int Length;
        public bool IsEscaped;
        public bool IsTop;
    }
}
