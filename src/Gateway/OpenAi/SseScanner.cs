namespace Gateway.OpenAi;

/// <summary>
/// Splits an event stream into lines and events as its bytes arrive, cut anywhere. Lines end in LF, CR or CRLF.
/// Remembers only the unfinished event's data, and past <see cref="MaxEventBytes"/> not even that: it gives up on the event, never on the stream.
/// Use: <see cref="Read"/> until it returns false, then <see cref="EndChunk"/>.
/// </summary>
internal sealed class SseScanner(bool isAtStart = true) : IDisposable
{
    public const int MaxEventBytes = 1 << 20;

    private PooledBytes _carried;
    private bool _isCarried;
    private bool _hasData;
    private bool _givenUp;
    private JsonFieldScanner? _oversized;
    private int _start;
    private int _length;

    private Line _line;
    private bool _skipSpace;
    private Word _word;
    private int _bomBytes = isAtStart ? 0 : 3;
    private bool _lineFeedMayFollow;
    private bool _ended;

    private enum Line
    {
        Start,
        Name,
        Data,
        EventName,
        Other,
        Comment,
    }

    /// <summary>How many events were too large to be remembered.</summary>
    public int EventsGivenUp { get; private set; }

    /// <summary>Makes what is shown the data of events too large to keep: a picture in the event that also tells the usage. Null where nobody wants it.</summary>
    public Func<JsonFieldScanner>? Oversized { get; init; }

    /// <summary>The id that the first of them had.</summary>
    public string? OversizedId => _oversized?.FoundId;

    /// <summary>True when the event has an <c>event: error</c> line.</summary>
    public bool IsErrorEvent { get; private set; }

    /// <summary>True when the event, ended or not, has a data line.</summary>
    public bool HasData => _hasData;

    /// <summary>The data of the event, its lines joined with LF, as far as it has been read. Valid until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Data(ReadOnlySpan<byte> chunk) =>
        _givenUp ? default : _isCarried ? _carried.Span : chunk.Slice(_start, _length);

    /// <summary>Reads on in the chunk by one piece, which is then what lies between the old and the new position. False at the chunk's end.</summary>
    public bool Read(ReadOnlySpan<byte> chunk, ref int position, out SsePiece piece)
    {
        piece = default;
        if (position >= chunk.Length)
        {
            return false;
        }

        if (_ended)
        {
            Forget();
        }

        if (_bomBytes < 3 && ReadByteOrderMark(chunk, ref position))
        {
            piece = SsePiece.ByteOrderMark;
            return true;
        }

        if (_lineFeedMayFollow)
        {
            _lineFeedMayFollow = false;
            if (chunk[position] == '\n')
            {
                position++;
                piece = SsePiece.LineFeed;
                return true;
            }
        }

        piece = ReadLine(chunk, ref position);
        return true;
    }

    /// <summary>Keeps what the unfinished event has in the chunk, whose bytes are not looked at again.</summary>
    public void EndChunk(ReadOnlySpan<byte> chunk)
    {
        if (_ended)
        {
            Forget();
        }
        else if (_hasData && !_isCarried)
        {
            Carry(chunk);
        }
    }

    public void Dispose()
    {
        _carried.Clear();
        _oversized?.Dispose();
    }

    private bool ReadByteOrderMark(ReadOnlySpan<byte> chunk, ref int position)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        var begin = position;
        while (_bomBytes < 3 && position < chunk.Length)
        {
            if (chunk[position] != mark[_bomBytes])
            {
                // A part of a mark is the beginning of a field's name, one that means nothing to anybody.
                _line = _bomBytes > 0 ? Line.Other : Line.Start;
                _bomBytes = 3;
                break;
            }

            _bomBytes++;
            position++;
        }

        return position > begin;
    }

    private SsePiece ReadLine(ReadOnlySpan<byte> chunk, ref int position)
    {
        var begin = position;
        var length = chunk[begin..].IndexOfAny((byte)'\r', (byte)'\n');
        var end = length < 0 ? chunk.Length : begin + length;
        if (_line is Line.Start)
        {
            if (end == begin)
            {
                ReadLineEnd(chunk, ref position);
                _ended = true;
                return SsePiece.EventEnd;
            }

            _line = chunk[begin] == ':' ? Line.Comment : Line.Name;
            _word = default;
        }

        var isComment = _line is Line.Comment;
        if (!isComment)
        {
            ReadField(chunk, begin, end);
        }

        position = end;
        if (length >= 0)
        {
            EndField(chunk, end);
            ReadLineEnd(chunk, ref position);
        }

        return isComment ? SsePiece.Comment : SsePiece.Field;
    }

    private void ReadField(ReadOnlySpan<byte> chunk, int begin, int end)
    {
        if (_line is Line.Name)
        {
            var name = chunk[begin..end];
            if (_word.IsEmpty && name.StartsWith("data:"u8))
            {
                begin += 5;
                _line = Line.Data;
            }
            else
            {
                var colon = name.IndexOf((byte)':');
                _word.Append(colon < 0 ? name : name[..colon]);
                if (colon < 0)
                {
                    return;
                }

                begin += colon + 1;
                _line = _word.Is("data"u8) ? Line.Data : _word.Is("event"u8) ? Line.EventName : Line.Other;
            }

            _word = default;
            _skipSpace = true;
            BeginValue(chunk, begin);
        }

        if (_skipSpace && begin < end)
        {
            begin += chunk[begin] == ' ' ? 1 : 0;
            _skipSpace = false;
            if (_line is Line.Data && !_isCarried)
            {
                _start = begin;
            }
        }

        if (_line is Line.Data)
        {
            AppendData(chunk, begin, end);
        }
        else if (_line is Line.EventName)
        {
            _word.Append(chunk[begin..end]);
        }
    }

    private void BeginValue(ReadOnlySpan<byte> chunk, int at)
    {
        if (_line is not Line.Data || _givenUp)
        {
            return;
        }

        if (_hasData)
        {
            Carry(chunk);
            _carried.Append("\n"u8);
        }
        else
        {
            _start = at;
            _length = 0;
        }

        _hasData = true;
    }

    private void AppendData(ReadOnlySpan<byte> chunk, int begin, int end)
    {
        if (_givenUp)
        {
            _oversized?.Read(chunk[begin..end]);
            return;
        }

        if (end - begin > MaxEventBytes - (_isCarried ? _carried.Count : _length))
        {
            _givenUp = true;
            EventsGivenUp++;
            BeginOversized(_isCarried ? _carried.Span : chunk.Slice(_start, _length), chunk[begin..end]);
            _carried.Clear();
        }
        else if (_isCarried)
        {
            _carried.Append(chunk[begin..end]);
        }
        else
        {
            _length = end - _start;
        }
    }

    private void BeginOversized(ReadOnlySpan<byte> before, ReadOnlySpan<byte> now)
    {
        _oversized ??= Oversized?.Invoke();
        _oversized?.Reset();
        _oversized?.Read(before);
        _oversized?.Read(now);
    }

    private void Carry(ReadOnlySpan<byte> chunk)
    {
        if (!_isCarried && !_givenUp)
        {
            _carried.Append(chunk.Slice(_start, _length));
            _isCarried = true;
        }
    }

    private void EndField(ReadOnlySpan<byte> chunk, int end)
    {
        if (_line is Line.Name && _word.Is("data"u8))
        {
            _line = Line.Data;
            BeginValue(chunk, end);
        }
        else if (_line is Line.EventName)
        {
            IsErrorEvent = _word.Is("error"u8);
        }

        _line = Line.Start;
    }

    private void ReadLineEnd(ReadOnlySpan<byte> chunk, ref int position)
    {
        if (chunk[position++] == '\r')
        {
            if (position == chunk.Length)
            {
                _lineFeedMayFollow = true;
            }
            else if (chunk[position] == '\n')
            {
                position++;
            }
        }
    }

    private void Forget()
    {
        _ended = false;
        _hasData = false;
        _givenUp = false;
        _start = 0;
        _length = 0;
        IsErrorEvent = false;
        if (_isCarried)
        {
            _isCarried = false;
            _carried.Clear();
        }
    }

    /// <summary>A short word gathered byte by byte: up to eight bytes are enough for the names that matter, a longer one matches none.</summary>
    private struct Word
    {
        private ulong _bytes;
        private int _length;

        public readonly bool IsEmpty => _length == 0;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            foreach (var b in bytes)
            {
                if (_length == 8)
                {
                    _length = 9;
                }

                if (_length > 8)
                {
                    return;
                }

                _bytes |= (ulong)b << (8 * _length++);
            }
        }

        public readonly bool Is(ReadOnlySpan<byte> word)
        {
            if (word.Length != _length)
            {
                return false;
            }

            for (var i = 0; i < word.Length; i++)
            {
                if ((byte)(_bytes >> (8 * i)) != word[i])
                {
                    return false;
                }
            }

            return true;
        }
    }
}
