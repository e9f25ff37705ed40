using System.Buffers;

namespace Gateway.Tokens;

/// <summary>
/// Counts an answer's text as it streams by, apart for each choice and channel (content, reasoning, each tool call's arguments),
/// since tokens never span two of them. Text gathers in pooled buffers; what has grown to a slice is cut at its last certain
/// boundary (<see cref="TextBoundary"/>) and counted in the background, so that the slices' sum is the whole's count. Only where
/// a slice has no such boundary is it cut at its end, and the count says that it is not exact. Not for use by two threads at once.
/// </summary>
/// <remarks>
/// Memory stays below <see cref="MaxWaitingBytes"/> and one slice, and what waits at the counter, whatever the stream's length:
/// with many parts slices are smaller; texts of parts past <see cref="MaxParts"/>, and text past <see cref="MaxExactBytes"/>, are estimated by bytes.
/// </remarks>
internal sealed class AnswerCount(TokenCounter counter, string model) : IDisposable
{
    /// <summary>A slice, while parts are few.</summary>
    public const int SliceBytes = 64 * 1024;

    /// <summary>What all parts together may hold: from 16 parts on slices shrink.</summary>
    public const int MaxWaitingBytes = 1024 * 1024;

    /// <summary>Choices times channels that are told apart: with the 128 choices that the API allows, two of each.</summary>
    public const int MaxParts = 256;

    /// <summary>Text that is counted of one answer: many times what any model puts out at once.</summary>
    public const long MaxExactBytes = 8L << 20;

    private readonly List<AnswerPart> _parts = [];
    private readonly List<Task<CountedTokens>> _slices = [];
    private readonly RunBudget _budget = new(counter.Limits.MaxRunWork);
    private TokenEncoding? _encoding;
    private AnswerPart? _last;
    private long _bytes;
    private long _uncountedBytes;
    private bool _cutAmidRun;

    /// <summary>Looked up when first needed: most calls are settled by their provider's own figures.</summary>
    private TokenEncoding Encoding => _encoding ??= ModelEncodings.For(model);

    /// <summary>With each part that is added the others' slices shrink.</summary>
    private int SliceNow => Math.Min(SliceBytes, MaxWaitingBytes / _parts.Count);

    /// <summary>For whose answer it is, where that turned out to be another one. Before any text comes.</summary>
    public void CountAs(string other)
    {
        model = other;
        _encoding = null;
    }

    /// <summary>The text of one delta: UTF-8, its JSON escapes undone.</summary>
    public void Append(int choice, int channel, ReadOnlySpan<byte> utf8)
    {
        var part = _last is { } last && last.Is(choice, channel) ? last : _last = Find(choice, channel);
        if (part is null || _bytes + utf8.Length > MaxExactBytes)
        {
            _uncountedBytes += utf8.Length;
            return;
        }

        _bytes += utf8.Length;
        var slice = SliceNow;
        while (!utf8.IsEmpty)
        {
            var piece = utf8[..Math.Min(utf8.Length, slice)];
            part.Append(piece);
            utf8 = utf8[piece.Length..];
            if (part.Length >= slice)
            {
                CutSlice(part);
            }
        }
    }

    /// <summary>The whole answer's count. Nothing may be appended after it.</summary>
    public async ValueTask<CountedTokens> FinishAsync(CancellationToken cancel)
    {
        long left = 0;
        foreach (var part in _parts)
        {
            left += part.Length;
        }

        var total = new CountedTokens(0, !_cutAmidRun);
        if (left > 0)
        {
            total += await counter.CountAsync(Encoding, left, CountRests, _budget, cancel);
        }

        foreach (var slice in _slices)
        {
            total += await slice.WaitAsync(cancel);
        }

        return _uncountedBytes == 0 ? total : new CountedTokens(total.Tokens + Estimate(total.Tokens), false);
    }

    /// <summary>Gives the buffers back; not while <see cref="FinishAsync"/> runs. Slices at the counter give back their own.</summary>
    public void Dispose()
    {
        foreach (var part in _parts)
        {
            part.Release();
        }
    }

    private AnswerPart? Find(int choice, int channel)
    {
        foreach (var part in _parts)
        {
            if (part.Is(choice, channel))
            {
                return part;
            }
        }

        if (_parts.Count == MaxParts)
        {
            return null;
        }

        var added = new AnswerPart(choice, channel);
        _parts.Add(added);
        foreach (var part in _parts)
        {
            if (part.Length >= SliceNow)
            {
                CutSlice(part);
            }
        }

        return added;
    }

    private void CutSlice(AnswerPart part)
    {
        var length = TextBoundary.LastIn(part.Text);
        if (length < 0)
        {
            _cutAmidRun = true;
            length = Utf8Text.WholeLength(part.Text);
        }

        var slice = part.Take(length);
        _slices.Add(counter.CountAsync(Encoding, length, tally => CountSlice(slice, length, tally), _budget, CancellationToken.None).AsTask());
    }

    private static void CountSlice(byte[] slice, int length, TokenTally tally)
    {
        try
        {
            tally.AddText(slice.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(slice);
        }
    }

    private void CountRests(TokenTally tally)
    {
        foreach (var part in _parts)
        {
            tally.AddText(part.Text);
        }
    }

    /// <summary>At the rate of what was counted.</summary>
    private long Estimate(long tokens) => _bytes > 0
        ? (long)Math.Ceiling(_uncountedBytes * (double)tokens / _bytes)
        : (_uncountedBytes + counter.Limits.EstimatedBytesPerToken - 1) / counter.Limits.EstimatedBytesPerToken;
}
