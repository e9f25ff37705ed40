using System.Diagnostics.CodeAnalysis;

namespace Gateway.Prompts;

/// <summary>
/// One call's prompt and answer as they come, in pooled buffers and within a bound. A little more is taken than will be kept, so that what lies across the edge
/// is recognised before it is cut. Used by the call's thread until it is handed over, then by the log's.
/// </summary>
internal sealed class PromptCapture(int maxBytes) : IDisposable
{
    /// <summary>What is taken beyond the bound: longer than any address, number or usual token.</summary>
    public const int Margin = 4 * 1024;

    /// <summary>Choices times channels that are told apart.</summary>
    private const int MaxParts = 256;

    private readonly List<CapturedPart> _parts = [];
    [SuppressMessage("Usage", "CA2213:Disposable fields should be disposed", Justification = "One of the parts, which are.")]
    private CapturedPart? _last;
    private int _room = maxBytes + Margin;

    /// <summary>The request's body; null where it is none that can be read.</summary>
    public CapturedPart? Request { get; private set; }

    public IReadOnlyList<CapturedPart> Answer => _parts;

    /// <summary>Whether there was text of a part that is not told apart.</summary>
    public bool LostParts { get; private set; }

    public CapturedCall? Call { get; private set; }

    /// <summary>The bytes of memory that it holds.</summary>
    public int Size
    {
        get
        {
            var size = Request?.Size ?? 0;
            foreach (var part in _parts)
            {
                size += part.Size;
            }

            return size;
        }
    }

    /// <summary>The text of one delta: UTF-8, its JSON escapes undone.</summary>
    public void Append(int choice, int channel, ReadOnlySpan<byte> utf8)
    {
        var part = _last is { } last && last.Is(choice, channel) ? last : _last = Find(choice, channel);
        if (part is null)
        {
            LostParts = true;
        }
        else
        {
            _room -= part.Append(utf8, _room);
        }
    }

    /// <summary>The most that is taken of a request; of one that has more it is known that it was cut.</summary>
    public int MaxRequestBytes => maxBytes + Margin;

    /// <summary>Takes the request, and what the record is to be found by.</summary>
    public void Complete(CapturedCall call, ReadOnlySpan<byte> body)
    {
        Call = call;
        if (body.TrimStart(" \t\r\n"u8) is [(byte)'{', ..])
        {
            Request = new CapturedPart(0, 0);
            Request.Append(body, MaxRequestBytes);
        }
    }

    public void Dispose()
    {
        Request?.Dispose();
        foreach (var part in _parts)
        {
            part.Dispose();
        }
    }

    private CapturedPart? Find(int choice, int channel)
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

        var added = new CapturedPart(choice, channel);
        _parts.Add(added);
        return added;
    }
}
