using Gateway.OpenAi;
using Gateway.Proxy;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Gateway.UnitTests.Proxy;

public sealed class RequestBodyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(700, 64)]
    [InlineData(4096, 4096)]
    [InlineData(4097, 100)]
    [InlineData(300_000, 7000)]
    [InlineData(1_000_000, 1_000_000)]
    public async Task A_body_is_read_whole_whether_or_not_its_length_is_told(int length, int chunk)
    {
        var bytes = RandomBytes(length);

        foreach (var told in new long?[] { length, null })
        {
            using var body = await AcceptedAsync(new ChunkedStream(bytes, chunk), told, 1_000_000);
            Assert.True(body.Span.SequenceEqual(bytes));
        }
    }

    [Fact]
    public async Task A_body_of_exactly_the_limit_is_accepted_and_one_byte_more_is_not()
    {
        var bytes = RandomBytes(10_001);

        using var whole = await AcceptedAsync(new ChunkedStream(bytes[..10_000], 999), null, 10_000);
        var refused = await RefusedAsync(new ChunkedStream(bytes, 999), null, 10_000);

        Assert.Equal(10_000, whole.Memory.Length);
        Assert.Equal((413, "request_too_large"), (refused.Status, refused.Code));
    }

    [Fact]
    public async Task A_body_told_to_be_too_large_is_refused_unread()
    {
        var stream = new ChunkedStream(RandomBytes(10), 10);

        var refused = await RefusedAsync(stream, 5_000_000_000, 1000);

        Assert.Equal((413, "request_too_large"), (refused.Status, refused.Code));
        Assert.Equal(0, stream.Reads);
    }

    [Fact]
    public async Task A_body_without_end_is_refused_soon()
    {
        var stream = new ChunkedStream(RandomBytes(1 << 20), 1 << 16);

        Assert.Equal("request_too_large", (await RefusedAsync(stream, null, 100_000)).Code);
        Assert.True(stream.BytesRead < 300_000, $"{stream.BytesRead} bytes were read.");
    }

    [Fact]
    public async Task A_large_claim_rents_no_large_buffer()
    {
        var stream = new ChunkedStream(RandomBytes(10), 10);

        using var body = await AcceptedAsync(stream, 500_000_000, 1 << 30);

        Assert.Equal(10, body.Memory.Length);
        Assert.True(stream.LargestBuffer <= 64 * 1024);
    }

    [Theory]
    [InlineData(408, 408, "request_timeout")]
    [InlineData(413, 413, "request_too_large")]
    [InlineData(400, 400, "invalid_request")]
    [InlineData(431, 400, "invalid_request")]
    public async Task What_the_server_finds_wrong_is_a_refusal(int found, int status, string code)
    {
        var refused = await RefusedAsync(new FailingStream(new BadHttpRequestException("Bad chunk size data.", found)), null, 1000);

        Assert.Equal((status, code), (refused.Status, refused.Code));
        Assert.DoesNotContain("chunk size", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_size_of_a_chunk_that_overflows_is_a_refusal()
    {
        Assert.Equal("invalid_request", (await RefusedAsync(new FailingStream(new IOException("Bad chunk size data.")), null, 1000)).Code);
    }

    [Fact]
    public async Task A_caller_that_goes_away_is_no_refusal()
    {
        await Assert.ThrowsAsync<ConnectionResetException>(async () => await RequestBody.ReadAsync(new FailingStream(new ConnectionResetException("reset")), 10, 1000, Cancel));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await RequestBody.ReadAsync(new ChunkedStream([1], 1), 1, 1000, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_body_given_back_can_not_be_looked_at()
    {
        var body = await AcceptedAsync(new ChunkedStream([1, 2, 3], 3), 3, 1000);

        body.Dispose();
        body.Dispose();

        Assert.Throws<ObjectDisposedException>(() => body.Memory);
    }

    private static byte[] RandomBytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static async Task<RequestBody> AcceptedAsync(Stream stream, long? told, long maxBytes)
    {
        var outcome = await RequestBody.ReadAsync(stream, told, maxBytes, Cancel);
        Assert.True(outcome.TryGet(out var body, out var error), error?.Message);
        return body;
    }

    private static async Task<GatewayError> RefusedAsync(Stream stream, long? told, long maxBytes)
    {
        var outcome = await RequestBody.ReadAsync(stream, told, maxBytes, Cancel);
        Assert.False(outcome.TryGet(out _, out var error));
        return error;
    }

    /// <summary>Gives its bytes in pieces, as a network does, and remembers how it was read.</summary>
    private sealed class ChunkedStream(byte[] bytes, int chunk) : ReadOnlyStream
    {
        public int Reads { get; private set; }

        public int BytesRead { get; private set; }

        public int LargestBuffer { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            Reads++;
            LargestBuffer = Math.Max(LargestBuffer, buffer.Length);
            var count = Math.Min(Math.Min(chunk, buffer.Length), bytes.Length - BytesRead);
            bytes.AsMemory(BytesRead, count).CopyTo(buffer);
            BytesRead += count;
            return count;
        }
    }

    private sealed class FailingStream(Exception failure) : ReadOnlyStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromException<int>(failure);
    }

    private abstract class ReadOnlyStream : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
