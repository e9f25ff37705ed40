using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Unicode;
using SharpToken;

namespace Gateway.Tokens;

/// <summary>
/// One count as it grows, on a worker's thread: texts go in as UTF-8 or as the inside of JSON strings, and are tokenized a
/// slice at a time, so that no text is ever held whole. Slices end at certain boundaries. Without an encoding it only estimates.
/// </summary>
internal sealed class TokenTally : IDisposable
{
    private const int SliceChars = 32 * 1024;

    // Special tokens written out in a text are text: with an empty set SharpToken neither refuses nor recognises them.
    private static readonly FrozenSet<string> NoSpecialTokens = FrozenSet<string>.Empty;

    private readonly GptEncoding? _encoding;
    private readonly TokenLimits _limits;
    private readonly RunBudget _budget;
    private readonly CancellationToken _cancel;
    private readonly char[] _chars = ArrayPool<char>.Shared.Rent(SliceChars);
    private int _length;
    private long _textTokens;
    private long _ruleTokens;
    private long _countedBytes;
    private long _estimatedBytes;
    private bool _cutAmidRun;

    public TokenTally(GptEncoding? encoding, TokenLimits limits, RunBudget budget, CancellationToken cancel)
    {
        _encoding = encoding;
        _limits = limits;
        _budget = budget;
        _cancel = cancel;
    }

    /// <summary>Tokens of text at which to stop: what comes after is neither counted nor kept.</summary>
    public long MaxTextTokens { get; set; } = long.MaxValue;

    /// <summary>How many UTF-16 units of text lie before <see cref="MaxTextTokens"/>.</summary>
    public long KeptChars { get; private set; }

    public bool IsFull { get; private set; }

    /// <summary>What tokenizing cost, in the unit of <see cref="TokenLimits.MaxRunWork"/>: characters, and for a long run its squared bytes.</summary>
    public long Work { get; private set; }

    public CountedTokens Total
    {
        get
        {
            var estimated = _textTokens > 0
                ? (long)Math.Ceiling(_estimatedBytes * (double)_textTokens / _countedBytes)
                : (_estimatedBytes + _limits.EstimatedBytesPerToken - 1) / _limits.EstimatedBytesPerToken;
            return new CountedTokens(_ruleTokens + _textTokens + estimated, _estimatedBytes == 0 && !_cutAmidRun);
        }
    }

    /// <summary>Tokens that a rule gives, without text.</summary>
    public void AddTokens(long tokens) => _ruleTokens += tokens;

    public void AddText(ReadOnlySpan<byte> utf8)
    {
        Append(utf8);
        EndText();
    }

    /// <param name="json">The inside of a JSON string.</param>
    /// <param name="escaped">Whether it has escapes.</param>
    public void AddJsonText(ReadOnlySpan<byte> json, bool escaped)
    {
        AppendJson(json, escaped);
        EndText();
    }

    public void AppendJson(ReadOnlySpan<byte> json, bool escaped)
    {
        while (escaped && json.IndexOf((byte)'\\') is var slash and >= 0)
        {
            Append(json[..slash]);
            json = json[slash..];
            var unit = JsonText.ReadEscape(json, out var length);
            Append(unit, length);
            json = json[length..];
        }

        Append(json);
    }

    /// <summary>More of the text that is under way; what was appended before belongs to the same text.</summary>
    public void Append(ReadOnlySpan<byte> utf8)
    {
        while (!utf8.IsEmpty && !IsFull)
        {
            if (!MayCount())
            {
                _estimatedBytes += utf8.Length;
                return;
            }

            Utf8.ToUtf16(utf8, _chars.AsSpan(_length, SliceChars - _length), out var read, out var written);
            _length += written;
            _countedBytes += read;
            utf8 = utf8[read..];
            if (read == 0 || _length == SliceChars)
            {
                CountSlice();
            }
        }
    }

    public void EndText()
    {
        Count(_chars.AsSpan(0, _length));
        _length = 0;
    }

    public void Dispose() => ArrayPool<char>.Shared.Return(_chars);

    private void Append(char unit, int bytes)
    {
        if (IsFull)
        {
            return;
        }

        if (!MayCount())
        {
            _estimatedBytes += bytes;
            return;
        }

        if (_length == SliceChars)
        {
            CountSlice();
        }

        _chars[_length++] = unit;
        _countedBytes += bytes;
    }

    private bool MayCount() => _encoding is not null && _countedBytes < _limits.MaxExactBytes;

    /// <summary>The buffer is full: counts all up to its last certain boundary, or all of it where there is none.</summary>
    private void CountSlice()
    {
        _cancel.ThrowIfCancellationRequested();
        var text = _chars.AsSpan(0, _length);
        var cut = TextBoundary.LastIn(text);
        if (cut < 0)
        {
            _cutAmidRun = true;
            cut = char.IsHighSurrogate(text[^1]) ? text.Length - 1 : text.Length;
        }

        Count(text[..cut]);
        text[cut..].CopyTo(text);
        _length -= cut;
    }

    /// <summary>
    /// Finds the stretches too long to be merged unasked. It leaps ahead by the allowed length and looks back for a boundary:
    /// most texts have one within a word, so few characters are looked at.
    /// </summary>
    private void Count(ReadOnlySpan<char> text)
    {
        int counted = 0, start = 0;
        while (text.Length - start > _limits.MaxFreeRun && !IsFull)
        {
            var near = TextBoundary.LastIn(text.Slice(start, _limits.MaxFreeRun + 1));
            if (near > 0)
            {
                start += near;
                continue;
            }

            CountPieces(text[counted..start]);
            var end = start + _limits.MaxFreeRun;
            while (end < text.Length && !TextBoundary.IsCertain(text[end - 1], text[end]))
            {
                end++;
            }

            CountRun(text[start..end]);
            counted = start = end;
        }

        CountPieces(text[counted..]);
    }

    private void CountRun(ReadOnlySpan<char> run)
    {
        long bytes = Encoding.UTF8.GetByteCount(run);
        if (_budget.TryTake(bytes * bytes))
        {
            Work += bytes * bytes;
            CountPieces(run);
            return;
        }

        // Equal pieces in a row are counted once: it is what makes a megabyte of one letter cheap.
        _cutAmidRun = true;
        ReadOnlySpan<char> last = [];
        var lastTokens = 0;
        while (!run.IsEmpty && !IsFull)
        {
            _cancel.ThrowIfCancellationRequested();
            var length = Math.Min(_limits.RunCut, run.Length);
            if (length < run.Length && char.IsHighSurrogate(run[length - 1]))
            {
                length--;
            }

            var piece = run[..length];
            if (piece.SequenceEqual(last) && lastTokens <= MaxTextTokens - _textTokens)
            {
                _textTokens += lastTokens;
                KeptChars += length;
            }
            else
            {
                lastTokens = CountPieces(piece);
                last = piece;
            }

            run = run[length..];
        }
    }

    private int CountPieces(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || IsFull || _encoding is null)
        {
            return 0;
        }

        Work += text.Length;
        var tokens = _encoding.CountTokens(text, null, NoSpecialTokens);
        if (tokens <= MaxTextTokens - _textTokens)
        {
            _textTokens += tokens;
            KeptChars += text.Length;
            return tokens;
        }

        // A token may end amid a character; the part of it is left out.
        IsFull = true;
        var kept = _encoding.Encode(text, null, NoSpecialTokens).Take((int)(MaxTextTokens - _textTokens));
        KeptChars += _encoding.Decode(kept).TrimEnd('\uFFFD').Length;
        _textTokens = MaxTextTokens;
        return tokens;
    }
}
