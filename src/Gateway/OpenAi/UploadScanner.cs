using System.Text;
using System.Text.Unicode;

namespace Gateway.OpenAi;

/// <summary>
/// Finds parts and small fields in a <c>multipart/form-data</c> body while it comes in, in pieces of any size, and keeps nothing else of it. What another
/// parser could take apart differently (a boundary behind half a line end, text behind the last part, a name given twice) is refused.
/// </summary>
internal sealed class UploadScanner : IDisposable
{
    /// <summary>Parts of one body. The most that this API has is a few dozen (images to edit, speakers' samples).</summary>
    public const int MaxParts = 256;

    /// <summary>In bytes, of one part.</summary>
    public const int MaxHeadBytes = 8 * 1024;

    /// <summary>In bytes, of a field that is read.</summary>
    public const int MaxFieldBytes = EnvelopeReader.MaxModelBytes;

    private readonly byte[] _boundary;
    private PooledBytes _kept;
    private State _state = State.Preamble;
    private PartHead? _part;
    private long _position;
    private long _partStart;
    private int _matched;
    private LineEnd _lineEnd = LineEnd.Full;
    private int _parts;
    private bool _isFieldTooLong;

    /// <param name="boundary">As the content type names it.</param>
    public UploadScanner(string boundary) => _boundary = Encoding.Latin1.GetBytes("--" + boundary);

    private enum State
    {
        Preamble,
        AfterBoundary,
        Head,
        Content,
        Epilogue,
    }

    /// <summary>What stands before the place at hand.</summary>
    private enum LineEnd
    {
        None,
        Return,
        Full,

        /// <summary>A line feed or a return alone: some take it for a line's end.</summary>
        Half,
    }

    public UploadForm Form { get; } = new();

    /// <summary>Takes the next piece of the body, or refuses the body.</summary>
    public GatewayError? Read(ReadOnlySpan<byte> chunk)
    {
        var at = 0;
        while (at < chunk.Length)
        {
            var error = _state switch
            {
                State.Preamble or State.Content => ReadContent(chunk, ref at),
                State.AfterBoundary => ReadAfterBoundary(chunk, ref at),
                State.Head => ReadHead(chunk, ref at),
                _ => ReadEpilogue(chunk, ref at),
            };
            if (error is not null)
            {
                return error;
            }
        }

        _position += chunk.Length;
        return null;
    }

    /// <summary>The body has ended.</summary>
    public GatewayError? Complete() => _state == State.Epilogue ? null : Invalid("The multipart body is not complete: its closing boundary is missing.");

    public void Dispose() => _kept.Clear();

    private GatewayError? ReadContent(ReadOnlySpan<byte> chunk, ref int at)
    {
        var start = at;
        while (at < chunk.Length)
        {
            if (_matched == 0 && _lineEnd == LineEnd.None)
            {
                var next = chunk[at..].IndexOfAny((byte)'\r', (byte)'\n');
                if (next < 0)
                {
                    at = chunk.Length;
                    break;
                }

                at += next;
            }

            var b = chunk[at++];
            if (_lineEnd is LineEnd.Full or LineEnd.Half or LineEnd.Return && b == _boundary[_matched])
            {
                _lineEnd = _lineEnd == LineEnd.Return ? LineEnd.Half : _lineEnd;
                if (++_matched == _boundary.Length)
                {
                    Keep(chunk[start..at]);
                    return BoundaryFound(at);
                }

                continue;
            }

            if (_part is null)
            {
                return Invalid("The multipart body does not begin with its boundary.");
            }

            _matched = 0;
            _lineEnd = b switch
            {
                (byte)'\r' => LineEnd.Return,
                (byte)'\n' => _lineEnd == LineEnd.Return ? LineEnd.Full : LineEnd.Half,
                _ => LineEnd.None,
            };
        }

        Keep(chunk[start..at]);
        return null;
    }

    private GatewayError? BoundaryFound(int at)
    {
        if (_lineEnd == LineEnd.Half)
        {
            return Invalid("The multipart boundary must stand behind CR and LF.");
        }

        if (_part is { } part)
        {
            // The line end before a boundary belongs to it.
            if (EndPart(part, _position + at - _boundary.Length - 2 - _partStart) is { } error)
            {
                return error;
            }
        }

        _matched = 0;
        _kept.Clear();
        _state = State.AfterBoundary;
        return null;
    }

    private GatewayError? EndPart(PartHead part, long length)
    {
        if (length < 0)
        {
            // A boundary right behind the head: its line end is the one that ends the head.
            return Invalid("A part of the multipart body has no content.");
        }

        Form.Add(UploadPart.Of(part, _partStart, length));
        if (part.IsFile)
        {
            Form.CountFile(length, _kept.Span[..(int)Math.Min(Math.Min(length, UploadForm.MaxFileHead), _kept.Count)]);
            return null;
        }

        Form.CountText(length);
        if (!IsKnown(part))
        {
            return null;
        }

        return length > MaxFieldBytes || _isFieldTooLong
            ? Invalid($"The part '{part.Name}' is longer than the {MaxFieldBytes} bytes accepted here.", part.Name)
            : !Utf8.IsValid(_kept.Span[..(int)length]) ? Invalid($"The part '{part.Name}' is not valid UTF-8.", part.Name)
            : Form.Take(part.Name, new UploadField(Encoding.UTF8.GetString(_kept.Span[..(int)length]), _partStart, (int)length));
    }

    /// <summary>Of a field its value, of a file its first bytes.</summary>
    private void Keep(ReadOnlySpan<byte> content)
    {
        if (_part is not { } part)
        {
            return;
        }

        var most = part.IsFile ? UploadForm.MaxFileHead : IsKnown(part) ? MaxFieldBytes + _boundary.Length + 2 : 0;
        var room = most - _kept.Count;
        _isFieldTooLong |= !part.IsFile && most > 0 && content.Length > room;
        _kept.Append(content[..Math.Clamp(content.Length, 0, Math.Max(0, room))]);
    }

    /// <summary>Two dashes end the body; else a line end begins the next part. Spaces may stand between.</summary>
    private GatewayError? ReadAfterBoundary(ReadOnlySpan<byte> chunk, ref int at)
    {
        _kept.Append([chunk[at++]]);
        var seen = _kept.Span;
        if (seen is [(byte)'-', (byte)'-'])
        {
            _kept.Clear();
            _state = State.Epilogue;
        }
        else if (seen is [.., (byte)'\r', (byte)'\n'])
        {
            if (++_parts > MaxParts)
            {
                return Invalid($"The multipart body has more than the {MaxParts} parts accepted here.");
            }

            // The empty line that ends an empty head needs a line end before it.
            _kept.Clear();
            _state = State.Head;
        }
        else if (seen.Length > 32 || !IsBoundaryTail(seen))
        {
            return Invalid("A multipart boundary must end its line.");
        }

        return null;
    }

    private static bool IsBoundaryTail(ReadOnlySpan<byte> seen) =>
        seen is [(byte)'-'] || seen.TrimStart(" \t"u8) is [] or [(byte)'\r'];

    private GatewayError? ReadHead(ReadOnlySpan<byte> chunk, ref int at)
    {
        var before = _kept.Count;
        var taken = Math.Min(chunk.Length - at, MaxHeadBytes + 4 - before);
        _kept.Append(chunk.Slice(at, taken));
        var from = Math.Max(0, before - 3);
        var end = _kept.Span[from..].IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            at += taken;
            return _kept.Count > MaxHeadBytes ? Invalid($"A part's headers are longer than the {MaxHeadBytes} bytes accepted here.") : null;
        }

        end += from;
        if (!PartHead.Read(_kept.Span[..end]).TryGet(out var part, out var error))
        {
            return error;
        }

        if (Judge(part) is { } refused)
        {
            return refused;
        }

        at += end + 4 - before;
        _partStart = _position + at;
        _part = part;
        _isFieldTooLong = false;
        _matched = 0;
        // Some take the head's own line end for that of a boundary: a part without even an empty content, which is refused.
        _lineEnd = LineEnd.Full;
        _kept.Clear();
        _state = State.Content;
        return null;
    }

    /// <summary>Fields that the gateway acts on have to be what they look like.</summary>
    private static GatewayError? Judge(PartHead part)
    {
        foreach (var known in UploadForm.Known)
        {
            if (part.Name.Equals(known, StringComparison.OrdinalIgnoreCase))
            {
                return part.Name != known ? Invalid($"The part '{part.Name}' must be named '{known}'.", known)
                    : part.IsFile ? Invalid($"The part '{known}' must be a plain field, not a file.", known)
                    : null;
            }
        }

        return null;
    }

    private static GatewayError? ReadEpilogue(ReadOnlySpan<byte> chunk, ref int at)
    {
        var rest = chunk[at..];
        at = chunk.Length;
        return rest.ContainsAnyExcept(" \t\r\n"u8) ? Invalid("Nothing may stand behind the last multipart boundary.") : null;
    }

    private static bool IsKnown(PartHead part) => !part.IsFile && UploadForm.Known.Contains(part.Name);

    private static GatewayError Invalid(string message, string? param = null) => GatewayError.InvalidRequest(message, param);
}
