using System.Buffers.Text;
using System.Text;

namespace Gateway.Bench.Http;

/// <summary>
/// Reads HTTP/1.1 messages from bytes as they come, however cut; requests in the mock upstream, answers in the load generator.
/// It knows only what the benchmark needs (content-length, chunked, the status), so that both cost little beside what is measured.
/// </summary>
internal sealed class HttpMessageParser(IBodySink body)
{
    private const int MaxHeadBytes = 16 * 1024;

    private readonly byte[] _head = new byte[MaxHeadBytes];
    private int _headLength;
    private long _left;
    private int _lineLength;
    private Part _part;

    private enum Part
    {
        Head,
        SizedBody,
        ChunkSize,
        ChunkBody,
        ChunkEnd,
        Trailers,
        Complete,
    }

    public bool IsComplete => _part == Part.Complete;

    /// <summary>The status of an answer; 0 where the first line holds none.</summary>
    public int Status => Utf8Parser.TryParse(_head.AsSpan(9, 3), out int status, out var length) && length == 3 ? status : 0;

    public bool IsPost => _head.AsSpan().StartsWith("POST "u8);

    public void Reset()
    {
        _headLength = 0;
        _part = Part.Head;
    }

    /// <summary>Takes what belongs to this message and returns how much that was.</summary>
    public int Feed(ReadOnlySpan<byte> input)
    {
        var rest = input;
        while (!rest.IsEmpty && _part != Part.Complete)
        {
            rest = rest[Step(rest)..];
        }

        return input.Length - rest.Length;
    }

    private int Step(ReadOnlySpan<byte> input) => _part switch
    {
        Part.Head => ReadHead(input),
        Part.SizedBody => ReadBody(input, Part.Complete),
        Part.ChunkSize => ReadChunkSize(input),
        Part.ChunkBody => ReadBody(input, Part.ChunkEnd),
        Part.ChunkEnd => ReadChunkEnd(input),
        _ => ReadTrailers(input),
    };

    private int ReadHead(ReadOnlySpan<byte> input)
    {
        var before = _headLength;
        var taken = input[..Math.Min(input.Length, MaxHeadBytes - before)];
        if (taken.IsEmpty)
        {
            throw new InvalidDataException($"A message's head is longer than {MaxHeadBytes} bytes.");
        }

        taken.CopyTo(_head.AsSpan(before));
        _headLength = before + taken.Length;

        var from = Math.Max(0, before - 3);
        var end = _head.AsSpan(from, _headLength - from).IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return taken.Length;
        }

        _headLength = from + end + 4;
        ReadFraming(_head.AsSpan(0, _headLength - 2));
        return _headLength - before;
    }

    private void ReadFraming(ReadOnlySpan<byte> head)
    {
        _left = 0;
        _part = Part.Complete;
        foreach (var range in head.Split("\r\n"u8))
        {
            var line = head[range];
            if (TryGetValue(line, "content-length:"u8, out var length))
            {
                _left = Utf8Parser.TryParse(length, out long bytes, out _)
                    ? bytes
                    : throw new InvalidDataException("A content-length is not a number.");
                _part = _left == 0 ? Part.Complete : Part.SizedBody;
            }
            else if (TryGetValue(line, "transfer-encoding:"u8, out _))
            {
                _left = 0;
                _part = Part.ChunkSize;
                return;
            }
        }
    }

    private static bool TryGetValue(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var found = line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name);
        value = found ? line[name.Length..].Trim((byte)' ') : default;
        return found;
    }

    private int ReadBody(ReadOnlySpan<byte> input, Part next)
    {
        var taken = input[..(int)Math.Min(input.Length, _left)];
        body.Accept(taken);
        _left -= taken.Length;
        if (_left == 0)
        {
            _part = next;
        }

        return taken.Length;
    }

    private int ReadChunkSize(ReadOnlySpan<byte> input)
    {
        for (var i = 0; i < input.Length; i++)
        {
            var letter = input[i];
            if (char.IsAsciiHexDigit((char)letter))
            {
                _left = (_left << 4) | (uint)HexValue(letter);
            }
            else if (letter == '\n')
            {
                _lineLength = 0;
                _part = _left == 0 ? Part.Trailers : Part.ChunkBody;
                return i + 1;
            }
        }

        return input.Length;
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private int ReadChunkEnd(ReadOnlySpan<byte> input)
    {
        var end = input.IndexOf((byte)'\n');
        if (end < 0)
        {
            return input.Length;
        }

        _part = Part.ChunkSize;
        return end + 1;
    }

    private int ReadTrailers(ReadOnlySpan<byte> input)
    {
        for (var i = 0; i < input.Length; i++)
        {
            if (input[i] == '\n' && _lineLength == 0)
            {
                _part = Part.Complete;
                return i + 1;
            }

            _lineLength = input[i] switch
            {
                (byte)'\n' => 0,
                (byte)'\r' => _lineLength,
                _ => _lineLength + 1,
            };
        }

        return input.Length;
    }
}
