using System.Buffers.Text;
using Gateway.Bench.Http;

namespace Gateway.Bench.Mock;

/// <summary>A call's body, kept only to see what kind of answer it asks for. The buffer grows once and is used again.</summary>
internal sealed class RequestBody : IBodySink
{
    private byte[] _bytes = new byte[4 * 1024];
    private int _length;

    public bool AsksForStream => Holds("\"stream\":true"u8);

    public bool AsksForUsage => Holds("\"include_usage\":true"u8);

    /// <summary>
    /// The pause between two events in milliseconds, 0 for none. Asked for in the body: headers of a caller's own need not
    /// survive a gateway, unknown fields of a body do.
    /// </summary>
    public int GapMilliseconds
    {
        get
        {
            var name = "\"bench_gap_ms\":\""u8;
            var body = _bytes.AsSpan(0, _length);
            var at = body.IndexOf(name);
            return at >= 0 && Utf8Parser.TryParse(body[(at + name.Length)..], out int gap, out _) ? gap : 0;
        }
    }

    public void Accept(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + bytes.Length));
        }

        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    public void Reset() => _length = 0;

    private bool Holds(ReadOnlySpan<byte> text) => _bytes.AsSpan(0, _length).IndexOf(text) >= 0;
}
