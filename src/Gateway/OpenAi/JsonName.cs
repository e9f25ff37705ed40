namespace Gateway.OpenAi;

/// <summary>
/// A member's name, gathered while its bytes arrive cut anywhere. Only names that <see cref="UsagePaths"/> may hold are of interest, short ones of ASCII;
/// any other is kept in a form that equals none of them.
/// </summary>
internal sealed class JsonName
{
    private const byte Other = 0;

    /// <summary>Makes a code unit one that is never ASCII, whatever digits follow.</summary>
    private const int NoHex = 1 << 16;

    private readonly byte[] _bytes = new byte[UsagePaths.MaxNameLength];
    private int _length;
    private int _unit;
    private int _digitsLeft;

    /// <summary>The name without its escapes; empty for one that is too long to matter.</summary>
    public ReadOnlySpan<byte> Bytes => _length <= UsagePaths.MaxNameLength ? _bytes.AsSpan(0, _length) : default;

    public void Clear()
    {
        _length = 0;
        _digitsLeft = 0;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > UsagePaths.MaxNameLength - _length)
        {
            _length = UsagePaths.MaxNameLength + 1;
        }
        else
        {
            bytes.CopyTo(_bytes.AsSpan(_length));
            _length += bytes.Length;
        }
    }

    /// <summary>Takes the next byte behind a backslash.</summary>
    /// <returns>True while the escape goes on.</returns>
    public bool ReadEscape(byte b)
    {
        if (_digitsLeft > 0)
        {
            _unit = (_unit << 4) | (JsonText.HexDigit(b) is { } digit ? digit : NoHex);
            if (--_digitsLeft == 0)
            {
                Append([_unit is > 0 and < 0x80 ? (byte)_unit : Other]);
            }

            return _digitsLeft > 0;
        }

        if (b == 'u')
        {
            _unit = 0;
            _digitsLeft = 4;
            return true;
        }

        // Names of ASCII letters are never written with the other escapes, but for the three that stand for themselves.
        Append([b is (byte)'"' or (byte)'\\' or (byte)'/' ? b : Other]);
        return false;
    }
}
