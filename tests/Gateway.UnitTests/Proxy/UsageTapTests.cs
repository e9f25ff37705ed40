using System.Text;
using Gateway.OpenAi;
using Gateway.Proxy;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.UnitTests.Proxy;

public sealed class UsageTapTests
{
    private const string Delta = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n";
    private const string UsageOnly = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n";
    private const string Done = "data: [DONE]\n\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_read_whose_bytes_are_all_held_goes_on_reading_instead_of_ending_the_answer()
    {
        var inner = Script(UsageOnly[..20], UsageOnly[20..], Done);
        await using var tap = Tap(inner, leaveOut: true);
        var buffer = new byte[256];

        var count = await tap.ReadAsync(buffer, Cancel);

        Assert.Equal(Done, Encoding.UTF8.GetString(buffer, 0, count));
        Assert.Equal(0, await tap.ReadAsync(buffer, Cancel));
        Assert.Equal(0, await tap.ReadAsync(buffer, Cancel));
        Assert.True(tap.ReachedEnd);
    }

    [Fact]
    public async Task Bytes_that_do_not_fit_wait_and_nothing_more_is_read_meanwhile()
    {
        var inner = Script("data: {\"id\":1,\"choices\":[", "{}]}\n\n");
        await using var tap = Tap(inner, leaveOut: true);
        var first = new byte[31];
        var held = await tap.ReadAsync(first.AsMemory(0, 26), Cancel);
        var reads = inner.Reads;
        var output = Encoding.UTF8.GetString(first, 0, held);

        Assert.Equal(0, await tap.ReadAsync(Memory<byte>.Empty, Cancel));
        Assert.Equal(0, inner.ZeroByteReads);
        for (var i = 0; i < 5; i++)
        {
            var count = await tap.ReadAsync(first.AsMemory(0, 1), Cancel);
            output += Encoding.UTF8.GetString(first, 0, count);
        }

        Assert.Equal("data: {\"id\":1,\"choices\":[{}]}\n\n", output);
        Assert.Equal(2, reads);
        Assert.Equal(reads, inner.Reads);
    }

    [Fact]
    public async Task Zero_byte_reads_go_to_the_upstream()
    {
        var inner = Script(Delta);
        await using var tap = Tap(inner, leaveOut: true);

        Assert.Equal(0, await tap.ReadAsync(Memory<byte>.Empty, Cancel));

        Assert.Equal(1, inner.ZeroByteReads);
        Assert.Equal(0, inner.Reads);
        Assert.False(tap.ReachedEnd);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_broken_upstream_breaks_the_answer_after_all_that_came(bool yields)
    {
        var failure = new IOException("reset");
        var inner = new ScriptedStream([Bytes(Delta), Bytes("data: {\"choi")], failure, yields);
        await using var tap = Tap(inner, leaveOut: true);
        var buffer = new byte[256];
        var output = "";

        var thrown = await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (true)
            {
                _ = await tap.ReadAsync(Memory<byte>.Empty, Cancel);
                var count = await tap.ReadAsync(buffer, Cancel);
                Assert.NotEqual(0, count);
                output += Encoding.UTF8.GetString(buffer, 0, count);
            }
        });

        Assert.Same(failure, thrown);
        Assert.Same(failure, tap.Failure);
        Assert.False(tap.ReachedEnd);
        Assert.Equal(Delta + "data: {\"choi", output);
        await Assert.ThrowsAsync<IOException>(() => tap.ReadAsync(buffer, Cancel).AsTask());
    }

    [Fact]
    public async Task A_cancelled_read_is_cancelled_at_once()
    {
        using var source = new CancellationTokenSource();
        await using var tap = Tap(new ScriptedStream(CancelAfterTheFirst(source)), leaveOut: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tap.ReadAsync(new byte[256], source.Token).AsTask());

        Assert.IsType<OperationCanceledException>(tap.Failure, exactMatch: false);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(1, false)]
    public async Task A_fault_while_watching_leaves_every_byte_and_their_order_alone(int faultAt, bool leaveOut)
    {
        var all = Delta + Delta + Delta + UsageOnly + Done;
        foreach (var size in new[] { 1, 7, 13, all.Length })
        {
            var seen = 0;
            void Fail(int choice, int channel, ReadOnlySpan<byte> text)
            {
                if (seen++ == faultAt)
                {
                    throw new InvalidOperationException("planted");
                }
            }

            using var reader = new AnswerReader(ApiEndpoint.ChatCompletions, AnswerForm.EventStream, leaveOut, UsagePaths.Default, Fail);
            await using var tap = new UsageTap(Script([.. all.Chunk(size).Select(part => new string(part))]), reader, TimeProvider.System, deadline: null);
            var output = new MemoryStream();

            await tap.CopyToAsync(output, 64, Cancel);

            Assert.Equal(all, Encoding.UTF8.GetString(output.ToArray()));
            Assert.True(tap.Degraded);
            Assert.True(tap.ReachedEnd);
        }
    }

    [Fact]
    public async Task Times_and_bytes_tell_of_the_upstreams_side()
    {
        var time = new FakeTimeProvider();
        var start = time.GetTimestamp();
        await using var tap = Tap(new ScriptedStream(OneASecond(time, UsageOnly[..20], UsageOnly[20..], Done)), leaveOut: true, time);

        await tap.CopyToAsync(Stream.Null, Cancel);

        Assert.Equal(TimeSpan.FromSeconds(1), time.GetElapsedTime(start, tap.FirstByteAt ?? -1));
        Assert.Equal(TimeSpan.FromSeconds(3), time.GetElapsedTime(start, tap.LastByteAt ?? -1));
        Assert.Equal(UsageOnly.Length + Done.Length, tap.BytesRead);
    }

    [Fact]
    public async Task Disposing_hands_over_what_is_known_and_closes_the_upstream()
    {
        var inner = new ScriptedStream([Bytes(Delta), Bytes(UsageOnly[..^1])], new IOException("reset"));
        using var reader = new AnswerReader(ApiEndpoint.ChatCompletions, AnswerForm.EventStream, leaveOutUsageChunk: true, UsagePaths.Default, sink: null);
        var tap = new UsageTap(inner, reader, TimeProvider.System, deadline: null);
        Assert.Equal(Delta.Length, await tap.ReadAsync(new byte[4096], Cancel));
        await Assert.ThrowsAsync<IOException>(() => tap.ReadAsync(new byte[4096], Cancel).AsTask());

        await tap.DisposeAsync();
        await tap.DisposeAsync();

        Assert.True(inner.IsDisposed);
        Assert.Equal(new TokenUsage(1, 2, 0, 0), reader.Usage);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_read_allocates_nothing_when_the_upstream_is_ahead(bool leaveOut)
    {
        var chunk = Bytes(Delta + Delta);
        var inner = new ScriptedStream(Enumerable.Repeat(chunk, 30_000));
        await using var tap = Tap(inner, leaveOut);
        var buffer = new byte[4096];

        var allocated = 0L;
        for (var round = 0; round < 2; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 10_000; i++)
            {
                var zero = tap.ReadAsync(Memory<byte>.Empty, Cancel);
                var read = tap.ReadAsync(buffer, Cancel);
                if (!zero.IsCompletedSuccessfully || !read.IsCompletedSuccessfully || await zero + await read != chunk.Length)
                {
                    Assert.Fail("A read that was ready did not complete at once.");
                }
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    private static UsageTap Tap(Stream inner, bool leaveOut, TimeProvider? time = null) =>
        new(inner, new AnswerReader(ApiEndpoint.ChatCompletions, AnswerForm.EventStream, leaveOut, UsagePaths.Default, sink: null), time ?? TimeProvider.System, deadline: null);

    private static IEnumerable<ReadOnlyMemory<byte>> OneASecond(FakeTimeProvider time, params string[] pieces)
    {
        foreach (var piece in pieces)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            yield return Bytes(piece);
        }
    }

    private static IEnumerable<ReadOnlyMemory<byte>> CancelAfterTheFirst(CancellationTokenSource source)
    {
        source.Cancel();
        yield return Bytes("data: {\"choi");
        yield return Bytes("ces\":[]");
    }

    private static ScriptedStream Script(params string[] pieces) => new(pieces.Select(Bytes));

    private static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
