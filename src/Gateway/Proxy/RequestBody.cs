using System.Buffers;
using Gateway.OpenAi;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Proxy;

/// <summary>
/// A request's whole body in one pooled buffer: it must be read before it can be forwarded, and may be sent more than
/// once. Owns the buffer; nobody may look at <see cref="Memory"/> after <see cref="Dispose"/>.
/// </summary>
internal sealed class RequestBody : IDisposable
{
    /// <summary>In bytes. Most bodies come without growing; bodies of unknown length start here.</summary>
    private const int FirstBuffer = 4 * 1024;

    /// <summary>In bytes. However long a body claims to be, this much is rented before any of it has come.</summary>
    private const int LargestFirstBuffer = 64 * 1024;

    /// <summary>
    /// In bytes. Larger buffers are the collector's, not the pool's: the shared pool keeps one of each size for every thread, and a
    /// few bodies at the limit left hundreds of MiB there.
    /// </summary>
    private const int LargestPooled = 1 << 20;

    /// <summary>In bytes. Bodies and the places in them are counted in 32 bits.</summary>
    private const int LargestMaxBytes = 1 << 30;

    private readonly int _length;
    private byte[]? _buffer;

    private RequestBody(byte[] buffer, int length)
    {
        _buffer = buffer;
        _length = length;
    }

    /// <summary>The body of a call that has none.</summary>
    public static RequestBody Nothing() => new([], 0);

    public ReadOnlyMemory<byte> Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_buffer is null, this);
            return _buffer.AsMemory(0, _length);
        }
    }

    public ReadOnlySpan<byte> Span => Memory.Span;

    /// <summary>
    /// Reads a body to its end, or refuses it: as too large before a byte of it is read where its length is told, else as
    /// soon as it is; and what the server finds wrong in how it is sent. A caller who goes away shows as an
    /// <see cref="OperationCanceledException"/> or a <see cref="ConnectionResetException"/>.
    /// </summary>
    /// <param name="body">The request's body.</param>
    /// <param name="contentLength">What the request says is its body's length, where it does.</param>
    /// <param name="maxBytes">The largest body accepted, at most 1 GiB.</param>
    /// <param name="cancel">The request's own abort.</param>
    public static async ValueTask<Outcome<RequestBody>> ReadAsync(Stream body, long? contentLength, long maxBytes, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxBytes, LargestMaxBytes);
        if (contentLength > maxBytes)
        {
            return GatewayError.RequestTooLarge(maxBytes);
        }

        var expected = (int?)contentLength;
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Clamp(expected ?? FirstBuffer, 1, LargestFirstBuffer));
        var length = 0;
        var isRead = false;
        try
        {
            while (length != expected)
            {
                if (length == buffer.Length)
                {
                    buffer = Grow(buffer, expected);
                }

                var read = await body.ReadAsync(buffer.AsMemory(length), cancel);
                length += read;
                if (length > maxBytes)
                {
                    return GatewayError.RequestTooLarge(maxBytes);
                }

                if (read == 0)
                {
                    break;
                }
            }

            isRead = true;
            return new RequestBody(buffer, length);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status400BadRequest && expected is not null)
        {
            // Nothing but its end can be wrong in a body whose length was told.
            throw new ConnectionResetException("The caller went away in the middle of the request's body.", e);
        }
        catch (BadHttpRequestException e)
        {
            return e.StatusCode switch
            {
                StatusCodes.Status408RequestTimeout => GatewayError.RequestTimeout(),
                StatusCodes.Status413PayloadTooLarge => GatewayError.RequestTooLarge(maxBytes),
                _ => NotHttp(),
            };
        }
        catch (IOException e) when (e is not ConnectionResetException && !cancel.IsCancellationRequested)
        {
            // Kestrel's answer to a chunk size that overflows; other bad chunks come as the exception above.
            return NotHttp();
        }
        finally
        {
            if (!isRead)
            {
                Return(buffer);
            }
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
        {
            Return(buffer);
        }
    }

    private static GatewayError NotHttp() => GatewayError.InvalidRequest("The request's body was not sent in valid HTTP.");

    private static byte[] Grow(byte[] buffer, int? expected)
    {
        var doubled = (int)Math.Min(buffer.Length * 2L, LargestMaxBytes + 1L);

        // Who has sent this much is believed the rest: one buffer of the length told, instead of ever larger ones.
        var larger = doubled <= LargestPooled ? ArrayPool<byte>.Shared.Rent(doubled) : GC.AllocateUninitializedArray<byte>(expected ?? doubled);
        buffer.CopyTo(larger, 0);
        Return(buffer);
        return larger;
    }

    private static void Return(byte[] buffer)
    {
        if (buffer.Length is > 0 and <= LargestPooled)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
