using System.Text;

namespace Gateway.OpenAi;

/// <summary>
/// Tells what pictures an answer holds while it passes, a body's or a stream's: of each that is in it its size, else its address, and the prompt that the model made of
/// the caller's. Keeps none of a picture's bytes, and is no parser: it looks for three names in front of strings.
/// </summary>
internal sealed class PictureScanner(AnswerTextSink sink) : IDisposable
{
    /// <summary>One more than the longest name that is looked for has.</summary>
    private const int MaxName = 15;

    private const int MaxText = 8 * 1024;

    private PooledBytes _kept;
    private bool _isInString;
    private bool _isEscaped;
    private bool _isValue;
    private Wanted _wanted;
    private long _length;
    private byte _before;

    private enum Wanted
    {
        Nothing,
        Picture,
        Text,
    }

    public void Read(ReadOnlySpan<byte> chunk)
    {
        while (!chunk.IsEmpty)
        {
            chunk = _isInString ? ReadString(chunk) : ReadBetween(chunk);
        }
    }

    public void Dispose() => _kept.Clear();

    private ReadOnlySpan<byte> ReadBetween(ReadOnlySpan<byte> chunk)
    {
        var b = chunk[0];
        if (b == (byte)'"')
        {
            _isInString = true;
            _isValue = _before == (byte)':';
            _wanted = _isValue ? WantedBy(_kept.Span) : Wanted.Nothing;
            _length = 0;
            _kept.Clear();
        }

        _before = b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' ? _before : b;
        return chunk[1..];
    }

    private ReadOnlySpan<byte> ReadString(ReadOnlySpan<byte> chunk)
    {
        if (_isEscaped)
        {
            _isEscaped = false;
            Take(chunk[..1]);
            return chunk[1..];
        }

        var end = chunk.IndexOfAny((byte)'"', (byte)'\\');
        Take(end < 0 ? chunk : chunk[..end]);
        if (end < 0)
        {
            return [];
        }

        _isEscaped = chunk[end] == (byte)'\\';
        if (_isEscaped)
        {
            Take(chunk.Slice(end, 1));
        }
        else
        {
            _isInString = false;
            Tell();
        }

        return chunk[(end + 1)..];
    }

    private void Take(ReadOnlySpan<byte> part)
    {
        _length += part.Length;
        var room = (!_isValue ? MaxName : _wanted is Wanted.Text ? MaxText : 0) - _kept.Count;
        _kept.Append(part[..Math.Clamp(room, 0, part.Length)]);
    }

    private void Tell()
    {
        if (_wanted is Wanted.Picture)
        {
            Write(Encoding.UTF8.GetBytes($"[image: {_length / 4 * 3} bytes]"));
        }
        else if (_wanted is Wanted.Text && _length > 0)
        {
            var text = new byte[_kept.Count];
            Write(text.AsSpan(0, JsonText.Unescape(_kept.Span, text)));
        }
    }

    private void Write(ReadOnlySpan<byte> line)
    {
        sink(0, AnswerChannel.Content, line);
        sink(0, AnswerChannel.Content, "\n"u8);
    }

    private static Wanted WantedBy(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("b64_json"u8) ? Wanted.Picture
        : name.SequenceEqual("url"u8) || name.SequenceEqual("revised_prompt"u8) ? Wanted.Text
        : Wanted.Nothing;
}
