namespace Gateway.OpenAi;

/// <summary>
/// Leaves the usage-only chunk out of an event stream and passes everything else on as it is. An event is held back only while it is incomplete and may
/// still turn out to be that chunk; what was held is let go in order, so that the bytes that do pass are the provider's own.
/// </summary>
internal sealed class UsageChunkFilter : IDisposable
{
    /// <summary>A usage-only chunk has some 500 bytes; no larger event than this is left out.</summary>
    public const int MaxHeldBytes = 64 * 1024;

    private PooledBytes _held;
    private PooledBytes _waiting;
    private int _taken;

    // Places in the current chunk: before _from everything has been passed on or dropped; the undecided event's bytes begin at _holdAt.
    private int _from;
    private int _holdAt;

    private bool _holding;
    private bool _mayPass;
    private bool _hasComment;
    private bool _dropLineFeed;
    private int _eventBytes;
    private JsonFieldScanner? _early;
    private int _shown;

    /// <summary>True while bytes that are to be passed on wait for room.</summary>
    public bool HasWaiting => _waiting.Count > _taken;

    /// <summary>Moves waiting bytes to where they are passed on from.</summary>
    public int TakeWaiting(Span<byte> destination)
    {
        var next = _waiting.Span[_taken..];
        next = next[..Math.Min(next.Length, destination.Length)];
        next.CopyTo(destination);
        _taken += next.Length;
        if (_taken == _waiting.Count)
        {
            _waiting.Clear();
            _taken = 0;
        }

        return next.Length;
    }

    /// <summary>Takes note of the next piece of the chunk.</summary>
    public void Take(SsePiece piece, ReadOnlySpan<byte> chunk, int start, int end)
    {
        if (_dropLineFeed)
        {
            _dropLineFeed = false;
            if (piece is SsePiece.LineFeed)
            {
                // The chunk that was left out ended in a CR, and this is the LF to it.
                _waiting.Append(chunk[_from..start]);
                _from = end;
                return;
            }
        }

        if (!_holding)
        {
            if (piece is not SsePiece.Field || _mayPass)
            {
                return;
            }

            _holding = true;
            _holdAt = start;
        }

        _hasComment |= piece is SsePiece.Comment;
        _eventBytes += end - start;
        if (_eventBytes > MaxHeldBytes)
        {
            LetGo();
        }
    }

    /// <summary>The event whose last piece was taken is complete: it passes, or is left out.</summary>
    public void EndEvent(bool isUsageOnly, ReadOnlySpan<byte> chunk, int end)
    {
        if (_holding && isUsageOnly)
        {
            LeaveOut(chunk, end);
        }
        else
        {
            LetGo();
        }

        _holding = false;
        _mayPass = false;
        _hasComment = false;
        _eventBytes = 0;
        _shown = 0;
    }

    /// <summary>The chunk has been taken whole. Its bytes lie at the buffer's front.</summary>
    /// <param name="buffer">Where the bytes to pass on are put.</param>
    /// <param name="count">The chunk's length.</param>
    /// <param name="data">The unfinished event's data so far.</param>
    /// <returns>How many bytes at the buffer's front are to be passed on.</returns>
    public int EndChunk(Span<byte> buffer, int count, ReadOnlySpan<byte> data)
    {
        if (_holding && !MayBeUsageOnly(data))
        {
            LetGo();
        }

        var end = count;
        if (_holding)
        {
            end = _holdAt;
            _held.Append(buffer[end..count]);
        }

        return PassOn(buffer, end);
    }

    /// <summary>Lets everything go that is held and not yet decided, the chunk's bytes included. For when looking at it failed.</summary>
    public int GiveUp(Span<byte> buffer, int count)
    {
        LetGo();
        return PassOn(buffer, count);
    }

    public void Dispose()
    {
        _held.Clear();
        _waiting.Clear();
        _taken = 0;
        _early?.Dispose();
    }

    private int PassOn(Span<byte> buffer, int end)
    {
        var from = _from;
        _from = 0;
        _holdAt = 0;
        if (from == 0 && !HasWaiting)
        {
            return end;
        }

        _waiting.Append(buffer[from..end]);
        return TakeWaiting(buffer);
    }

    private bool MayBeUsageOnly(ReadOnlySpan<byte> data)
    {
        _early ??= new JsonFieldScanner(UsagePaths.Default, usage: null);
        if (_shown == 0)
        {
            _early.Reset();
        }

        _early.Read(data[_shown..]);
        _shown = data.Length;
        return _early.CouldBeUsageOnly;
    }

    private void LetGo()
    {
        // Held bytes are from earlier chunks, so nothing of this chunk has been passed on before them.
        _waiting.Append(_held.Span);
        _held.Clear();
        _holding = false;
        _mayPass = true;
    }

    private void LeaveOut(ReadOnlySpan<byte> chunk, int end)
    {
        _waiting.Append(chunk[_from.._holdAt]);
        if (_hasComment)
        {
            _held.Append(chunk[_holdAt..end]);
            KeepComments(_held.Span);
        }

        _held.Clear();
        _from = end;
        _dropLineFeed = true;
    }

    /// <summary>Comments are no part of an event; whoever put them into one meant them for the caller.</summary>
    private void KeepComments(ReadOnlySpan<byte> held)
    {
        using var lines = new SseScanner(isAtStart: false);
        var position = 0;
        var start = 0;
        while (lines.Read(held, ref position, out var piece))
        {
            if (piece is SsePiece.Comment)
            {
                _waiting.Append(held[start..position]);
            }

            start = position;
        }
    }
}
