using System.Buffers;
using static Gateway.OpenAi.UsagePaths;

namespace Gateway.OpenAi;

/// <summary>
/// Walks through a JSON object whose bytes arrive cut anywhere, in memory that does not grow with it, and picks out what <see cref="UsagePaths"/> names.
/// It is lenient inside what it skips; whoever needs to know that the whole is valid JSON parses it.
/// </summary>
internal sealed class JsonFieldScanner(UsagePaths paths, UsageReader? usage, AnswerMarks? marks = null) : IDisposable
{
    private const int MaxUsageBytes = 64 * 1024;
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> EndsOfLiteral = SearchValues.Create(",}] \t\r\n"u8);
    private readonly JsonName _name = new();
    private readonly int[] _parents = new int[MaxDepth + 1];
    private PooledBytes _capture;
    private State _state;
    private int _level;
    private int _member;
    private long _depth;
    private bool _capturing;
    private int _captureFrom;
    private bool _hasUsageObject;
    private bool _usageIsNoObject;

    private enum State
    {
        Root,
        Member,
        Key,
        KeyEscape,
        Colon,
        Value,
        FirstChoice,
        Skip,
        Text,
        TextEscape,
        Literal,
        AfterValue,
        Done,
        Broken,
    }

    /// <summary>True once the object has been closed.</summary>
    public bool IsComplete => _state is State.Done;

    /// <summary>True when the value of a top-level <c>error</c> is anything but null.</summary>
    public bool HasError { get; private set; }

    public ChoicesShape Choices { get; private set; }

    /// <summary>True as long as what came so far may be the beginning of the usage-only chunk: an object with <c>"choices":[]</c> and a usage object.</summary>
    public bool CouldBeUsageOnly =>
        _state is not State.Broken && !HasError && Choices is not ChoicesShape.Filled && !_usageIsNoObject
        && (_state is not State.Done || (Choices is ChoicesShape.Empty && _hasUsageObject));

    /// <summary>The first id that the object had; only looked for where usage is.</summary>
    public string? FoundId { get; private set; }

    /// <summary>Begins anew with another object.</summary>
    public void Reset()
    {
        _capture.Clear();
        _capturing = false;
        _state = State.Root;
        _level = 0;
        _depth = 0;
        HasError = false;
        Choices = ChoicesShape.Absent;
        _hasUsageObject = false;
        _usageIsNoObject = false;
    }

    public void Read(ReadOnlySpan<byte> chunk)
    {
        _captureFrom = 0;
        var at = 0;
        while (at < chunk.Length)
        {
            at = _state switch
            {
                State.Key => ReadKey(chunk, at),
                State.Skip => Skip(chunk, at),
                State.Text => ReadText(chunk, at),
                State.Literal => SkipLiteral(chunk, at),
                State.Broken => chunk.Length,
                _ => Step(chunk, at),
            };
        }

        if (_capturing)
        {
            Capture(chunk[_captureFrom..]);
        }
    }

    public void Dispose() => _capture.Clear();

    /// <summary>The states that take one byte at a time; those that run through many have methods of their own.</summary>
    private int Step(ReadOnlySpan<byte> chunk, int at)
    {
        var b = chunk[at];
        switch (_state)
        {
            case State.TextEscape:
                _state = State.Text;
                return at + 1;
            case State.KeyEscape:
                _state = _name.ReadEscape(b) ? State.KeyEscape : State.Key;
                return at + 1;
        }

        if (b is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            return at + 1;
        }

        switch (_state)
        {
            case State.Root:
                // A byte order mark before a body is not JSON, but some servers send one.
                if (b is not (0xEF or 0xBB or 0xBF))
                {
                    _parents[0] = Root;
                    _state = b == '{' ? State.Member : State.Broken;
                }

                break;
            case State.Member:
                BeginMember(b);
                break;
            case State.Colon:
                _state = b == ':' ? State.Value : State.Broken;
                break;
            case State.Value:
                return BeginValue(b, at);
            case State.FirstChoice:
                Choices = b == ']' && Choices is not ChoicesShape.Filled ? ChoicesShape.Empty : ChoicesShape.Filled;
                _depth = 1;
                _state = State.Skip;
                return at;
            case State.AfterValue:
                AfterValue(b);
                break;
            default:
                _state = State.Broken;
                break;
        }

        return at + 1;
    }

    private void BeginMember(byte b)
    {
        if (b == '"')
        {
            _name.Clear();
            _state = State.Key;
        }
        else
        {
            AfterValue(b == ',' ? (byte)0 : b);
        }
    }

    private void AfterValue(byte b)
    {
        _state = b switch
        {
            (byte)',' => State.Member,
            (byte)'}' => --_level < 0 ? State.Done : State.AfterValue,
            _ => State.Broken,
        };
    }

    private int ReadKey(ReadOnlySpan<byte> chunk, int at)
    {
        var rest = chunk[at..];
        var length = rest.IndexOfAny((byte)'"', (byte)'\\');
        _name.Append(length < 0 ? rest : rest[..length]);
        if (length < 0)
        {
            return chunk.Length;
        }

        if (rest[length] == '"')
        {
            _member = paths.Find(_parents[_level], _name.Bytes);
            _state = State.Colon;
        }
        else
        {
            _state = State.KeyEscape;
        }

        return at + length + 1;
    }

    private int BeginValue(byte b, int at)
    {
        var kind = _member < 0 ? (MemberKind?)null : paths.KindOf(_member);
        Note(kind, b);
        switch (b)
        {
            case (byte)'{' when kind is MemberKind.Branch:
                _parents[++_level] = _member;
                _state = State.Member;
                return at + 1;
            case (byte)'[' when kind is MemberKind.Choices:
                _state = State.FirstChoice;
                return at + 1;
            case (byte)'{' or (byte)'[':
                if (kind is MemberKind.Usage && b == '{' && usage is not null)
                {
                    _capturing = true;
                    _captureFrom = at;
                }

                _depth = 1;
                _state = State.Skip;
                return at + 1;
            case (byte)'"':
                if (kind is MemberKind.Id ? usage is not null && FoundId is null : kind is MemberKind.Status && marks is not null)
                {
                    _capturing = true;
                    _captureFrom = at + 1;
                }

                _state = State.Text;
                return at + 1;
            case (byte)',' or (byte)'}' or (byte)']' or (byte)':':
                _state = State.Broken;
                return at + 1;
            default:
                _state = State.Literal;
                return at;
        }
    }

    private void Note(MemberKind? kind, byte b)
    {
        if (kind is MemberKind.Error)
        {
            HasError |= b != 'n';
        }
        else if (kind is MemberKind.Choices && b != '[')
        {
            Choices = ChoicesShape.Filled;
        }
        else if (kind is MemberKind.Usage)
        {
            if (paths.IsTopUsage(_member))
            {
                _hasUsageObject |= b == '{';
                _usageIsNoObject |= b != '{';
            }

            if (b is not ((byte)'{' or (byte)'n'))
            {
                usage?.Ignore();
            }
        }
    }

    private int Skip(ReadOnlySpan<byte> chunk, int at)
    {
        while (true)
        {
            var length = chunk[at..].IndexOfAny(Structure);
            if (length < 0)
            {
                return chunk.Length;
            }

            at += length + 1;
            switch (chunk[at - 1])
            {
                case (byte)'"':
                    _state = State.Text;
                    return at;
                case (byte)'{' or (byte)'[':
                    _depth++;
                    break;
                default:
                    if (--_depth == 0)
                    {
                        _state = State.AfterValue;
                        EndCapture(chunk, at);
                        return at;
                    }

                    break;
            }
        }
    }

    private int ReadText(ReadOnlySpan<byte> chunk, int at)
    {
        while (true)
        {
            var length = chunk[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (length < 0)
            {
                return chunk.Length;
            }

            at += length + 1;
            if (chunk[at - 1] == '"')
            {
                if (_depth == 0)
                {
                    EndCapture(chunk, at - 1);
                }

                _state = _depth > 0 ? State.Skip : State.AfterValue;
                return at;
            }

            if (at == chunk.Length)
            {
                _state = State.TextEscape;
                return at;
            }

            at++;
            if (at == chunk.Length)
            {
                return at;
            }
        }
    }

    private int SkipLiteral(ReadOnlySpan<byte> chunk, int at)
    {
        var length = chunk[at..].IndexOfAny(EndsOfLiteral);
        if (length < 0)
        {
            return chunk.Length;
        }

        _state = State.AfterValue;
        return at + length;
    }

    private void Capture(ReadOnlySpan<byte> bytes)
    {
        if (_capture.Count + bytes.Length > MaxUsageBytes)
        {
            (paths.KindOf(_member) is MemberKind.Usage ? usage : null)?.Ignore();
            _capturing = false;
            _capture.Clear();
        }
        else
        {
            _capture.Append(bytes);
        }
    }

    private void EndCapture(ReadOnlySpan<byte> chunk, int end)
    {
        if (!_capturing)
        {
            return;
        }

        if (_capture.Count == 0)
        {
            Settle(chunk[_captureFrom..end]);
        }
        else
        {
            Capture(chunk[_captureFrom..end]);
            Settle(_capture.Span);
        }

        _capturing = false;
        _capture.Clear();
    }

    private void Settle(ReadOnlySpan<byte> json)
    {
        if (paths.KindOf(_member) is MemberKind.Id)
        {
            FoundId = AnswerId.Read(json);
        }
        else if (paths.KindOf(_member) is MemberKind.Status)
        {
            marks?.TakeStatus(json);
        }
        else if (json.Length is > 0 and <= MaxUsageBytes)
        {
            usage?.Read(json);
        }
        else if (json.Length > MaxUsageBytes)
        {
            usage?.Ignore();
        }
    }
}
