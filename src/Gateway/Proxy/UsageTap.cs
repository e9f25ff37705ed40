using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>
/// The upstream's content stream, with an <see cref="AnswerReader"/> looking on. Reading from it is reading from the upstream, zero-byte reads included: nothing is
/// fetched ahead, so a slow caller slows the upstream. It allocates nothing per chunk, and a fault in the reader never becomes one of the answer: bytes pass untouched from then on.
/// </summary>
internal sealed class UsageTap : Stream
{
    /// <summary>Whoever reads this aborts the caller's connection when the upstream breaks off, and with it what Kestrel has not sent yet.</summary>
    private static readonly TimeSpan TimeToSend = TimeSpan.FromMilliseconds(100);

    private readonly Stream _inner;
    private readonly AnswerReader _reader;
    private readonly TimeProvider _time;
    [SuppressMessage("Usage", "CA2213:Disposable fields should be disposed", Justification = "Belongs to the attempt that opened it.")]
    private readonly UpstreamDeadline? _deadline;
    private bool _disposed;

    /// <param name="inner">The upstream's content stream, owned from here on.</param>
    /// <param name="reader">Looks on; owned from here on, but its findings stay readable after disposal.</param>
    /// <param name="time">Gives the timestamps.</param>
    /// <param name="deadline">Told when a read begins to wait for the upstream and when it ends.</param>
    public UsageTap(Stream inner, AnswerReader reader, TimeProvider time, UpstreamDeadline? deadline)
    {
        _inner = inner;
        _reader = reader;
        _time = time;
        _deadline = deadline;
    }

    /// <summary>The <see cref="TimeProvider"/> timestamp of the first body byte from upstream.</summary>
    public long? FirstByteAt { get; private set; }

    /// <summary>The timestamp of the last bytes from upstream.</summary>
    public long? LastByteAt { get; private set; }

    /// <summary>Bytes that came from upstream.</summary>
    public long BytesRead { get; private set; }

    /// <summary>True once the upstream ended its answer properly.</summary>
    public bool ReachedEnd { get; private set; }

    /// <summary>What the upstream's stream threw, cancellation included.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>What the reader threw; from then on the answer passed unseen, and its text and usage are not fully known.</summary>
    public Exception? DegradedBy { get; private set; }

    public bool Degraded => DegradedBy is not null;

    public override bool CanRead => !_disposed;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    private bool HasEnded => ReachedEnd || Failure is not null;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_reader.HasWaiting)
        {
            return new ValueTask<int>(_reader.TakeWaiting(buffer.Span));
        }

        if (HasEnded)
        {
            return Failure is null ? new ValueTask<int>(0) : ValueTask.FromException<int>(Failure);
        }

        var read = BeginRead(buffer, cancellationToken);
        if (!read.IsCompletedSuccessfully)
        {
            return ReadOnAsync(buffer, read, cancellationToken);
        }

        _deadline?.ReadEnded();
        var count = read.Result;
        if (buffer.IsEmpty)
        {
            return new ValueTask<int>(count);
        }

        var passed = Pass(buffer.Span, count);
        return !_reader.IdTaken.IsCompleted ? PassAfterIdAsync(buffer, passed, cancellationToken)
            : passed > 0 || HasEnded
            ? new ValueTask<int>(passed)
            : ReadOnAsync(buffer, BeginRead(buffer, cancellationToken), cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("The upstream's answer is only read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        Finish();
        await _inner.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Finish();
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Handed on in the task, as the caller expects of an asynchronous read.")]
    private ValueTask<int> BeginRead(Memory<byte> buffer, CancellationToken cancel)
    {
        _deadline?.ReadBegins();
        try
        {
            return _inner.ReadAsync(buffer, cancel);
        }
        catch (Exception e)
        {
            return ValueTask.FromException<int>(e);
        }
    }

    /// <summary>Waits for the upstream, and again where all it brought is held back: returning 0 would mean the end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever broke the upstream's stream is kept, and thrown once what came before it has been passed on.")]
    private async ValueTask<int> ReadOnAsync(Memory<byte> buffer, ValueTask<int> read, CancellationToken cancel)
    {
        while (true)
        {
            int count;
            try
            {
                count = await read;
            }
            catch (Exception e)
            {
                if (BytesRead > 0 && e is not OperationCanceledException)
                {
                    await Task.Delay(TimeToSend, _time, CancellationToken.None);
                }

                return Fail(e, buffer.Span);
            }
            finally
            {
                _deadline?.ReadEnded();
            }

            if (buffer.IsEmpty)
            {
                return count;
            }

            var passed = Pass(buffer.Span, count);
            await _reader.IdTaken;
            if (passed > 0 || HasEnded)
            {
                return passed;
            }

            read = BeginRead(buffer, cancel);
        }
    }

    private async ValueTask<int> PassAfterIdAsync(Memory<byte> buffer, int passed, CancellationToken cancel)
    {
        await _reader.IdTaken;
        return passed > 0 || HasEnded ? passed : await ReadOnAsync(buffer, BeginRead(buffer, cancel), cancel);
    }

    /// <summary>Lets the reader see what came, and tells how much of it (at the buffer's front) passes.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Watching an answer must not break it: the fault is kept for the log and the bytes pass untouched.")]
    private int Pass(Span<byte> buffer, int count)
    {
        if (count == 0)
        {
            ReachedEnd = true;
            Complete();
            return _reader.TakeWaiting(buffer);
        }

        LastByteAt = _time.GetTimestamp();
        FirstByteAt ??= LastByteAt;
        BytesRead += count;
        if (Degraded)
        {
            return count;
        }

        try
        {
            return _reader.Pass(buffer, count);
        }
        catch (Exception e)
        {
            DegradedBy = e;
            return _reader.GiveUp(buffer, count);
        }
    }

    /// <summary>What was held back still passes, so that the caller has got all that came; the failure follows with the next read.</summary>
    private int Fail(Exception failure, Span<byte> buffer)
    {
        Failure = failure;
        Complete();
        if (failure is OperationCanceledException || !_reader.HasWaiting)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return _reader.TakeWaiting(buffer);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Watching an answer must not break it: the fault is kept for the log and the bytes pass untouched.")]
    private void Complete()
    {
        if (Degraded)
        {
            return;
        }

        try
        {
            _reader.Complete();
        }
        catch (Exception e)
        {
            DegradedBy = e;
            _reader.GiveUp([], 0);
        }
    }

    private void Finish()
    {
        if (!_disposed)
        {
            _disposed = true;
            Complete();
            _reader.Dispose();
        }
    }
}
