using System.Text;
using Gateway.OpenAi;
using Xunit;

namespace Gateway.UnitTests.OpenAi;

public sealed class CorpusTests
{
    public static TheoryData<string> Names => CorpusFile.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_stream_comes_out_right_however_it_is_cut(string name)
    {
        var file = CorpusFile.Load(name);
        foreach (var leaveOut in new[] { false, true })
        {
            foreach (var yields in new[] { false, true })
            {
                foreach (var size in new[] { 1, 7, 4096 })
                {
                    Check(file, leaveOut, await Replay.RunAsync(Replay.Whole(file.Bytes), size, leaveOut, yields: yields));
                    Check(file, leaveOut, await Replay.RunAsync(Replay.ByteByByte(file.Bytes), size, leaveOut, yields: yields));
                }
            }

            for (var offset = 1; offset < file.Bytes.Length; offset++)
            {
                // A buffer of one byte cuts everywhere by itself.
                Check(file, leaveOut, await Replay.RunAsync(Replay.SplitAt(file.Bytes, offset), 7, leaveOut, zeroByteReads: false));
                Check(file, leaveOut, await Replay.RunAsync(Replay.SplitAt(file.Bytes, offset), 4096, leaveOut));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_event_is_held_back_once_it_is_complete(string name)
    {
        var file = CorpusFile.Load(name);
        var ends = ReferenceFilter.EventEnds(file.Bytes).ToHashSet();
        foreach (var leaveOut in new[] { false, true })
        {
            using var reader = new AnswerReader(ApiEndpoint.ChatCompletions, AnswerForm.EventStream, leaveOut, UsagePaths.Default, sink: null);
            var output = new MemoryStream();
            for (var i = 0; i < file.Bytes.Length; i++)
            {
                PassOn(reader, file.Bytes.AsSpan(i, 1), output);
                if (!leaveOut || ends.Contains(i + 1))
                {
                    var soFar = file.Bytes.AsSpan(0, i + 1);
                    Assert.Equal(leaveOut ? ReferenceFilter.LeaveOut(soFar) : soFar.ToArray(), output.ToArray());
                }
            }
        }
    }

    [Fact]
    public void The_reference_agrees_with_the_recorded_expectations()
    {
        foreach (var file in CorpusFile.All())
        {
            Assert.Equal(Encoding.UTF8.GetString(file.LeftOut), Encoding.UTF8.GetString(ReferenceFilter.LeaveOut(file.Bytes)));
        }
    }

    internal static void PassOn(AnswerReader reader, ReadOnlySpan<byte> chunk, MemoryStream output)
    {
        var buffer = chunk.ToArray();
        var count = reader.Pass(buffer, buffer.Length);
        output.Write(buffer, 0, count);
        TakeWaiting(reader, output);
    }

    internal static void TakeWaiting(AnswerReader reader, MemoryStream output)
    {
        Span<byte> room = stackalloc byte[64];
        while (reader.HasWaiting)
        {
            output.Write(room[..reader.TakeWaiting(room)]);
        }
    }

    private static void Check(CorpusFile file, bool leaveOut, Replay replay)
    {
        var wanted = leaveOut ? file.LeftOut : file.Bytes;
        if (!wanted.AsSpan().SequenceEqual(replay.Output))
        {
            Assert.Equal(Encoding.UTF8.GetString(wanted), Encoding.UTF8.GetString(replay.Output));
        }

        Assert.Null(replay.Tap.DegradedBy);
        Assert.Equal(file.Expected.TokenUsage, replay.Usage);
        if (file.Expected.Text.Count != replay.Text.Count || file.Expected.Text.Any(pair => replay.Text.GetValueOrDefault(pair.Key) != pair.Value))
        {
            // Only then: on dictionaries it costs more than the replay itself.
            Assert.Equal(file.Expected.Text, replay.Text);
        }

        Assert.Equal(file.Expected.Done, replay.Reader.SawDone);
        Assert.Equal(file.Expected.Error, replay.Reader.SawError);
        Assert.Equal(file.Expected.FinishReason, replay.Reader.SawFinishReason);
        Assert.Equal(file.Bytes.Length, replay.Reader.BytesSeen);
    }
}
