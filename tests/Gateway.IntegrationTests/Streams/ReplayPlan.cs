using System.Threading.Channels;

namespace Gateway.IntegrationTests.Streams;

/// <summary>
/// One answer of the upstream: in which writes it is sent, and what the caller has to get of it. A write waits until the
/// caller has what the one before must have brought; so the gateway reads them one by one,
/// which no other way of sending ensures. Bytes of an event that is rightly held back cannot be waited for: they are only written one by one.
/// </summary>
internal sealed class ReplayPlan(byte[] sent, byte[] wanted, int[] cuts, Func<int, int> visible)
{
    private readonly Channel<int> _mayGoOn = Channel.CreateUnbounded<int>();
    private int _cut;

    public byte[] Wanted => wanted;

    public static ReplayPlan Whole(Recording recording, bool usageAsked) => Cut(recording, usageAsked, []);

    public static ReplayPlan ByteByByte(Recording recording, bool usageAsked) => Cut(recording, usageAsked, [.. Enumerable.Range(1, recording.Bytes.Length - 1)]);

    /// <summary>The recording as many times as there are offsets, in one stream: each time cut in two at the next offset.</summary>
    public static ReplayPlan Split(Recording recording, bool usageAsked, int[] offsets)
    {
        var (length, received, visible) = (recording.Bytes.Length, recording.Received(usageAsked).Length, recording.Visible(usageAsked));
        return new ReplayPlan(
            [.. offsets.SelectMany(_ => recording.Bytes)],
            [.. offsets.SelectMany(_ => recording.Received(usageAsked))],
            [.. offsets.Select((offset, copy) => copy * length + offset)],
            sent => sent / length * received + visible(sent % length));
    }

    public async Task SendAsync(Func<byte[], Task> writeAsync, CancellationToken cancel)
    {
        var start = 0;
        foreach (var cut in cuts)
        {
            await writeAsync(sent[start..cut]);
            await _mayGoOn.Reader.ReadAsync(cancel);
            start = cut;
        }

        await writeAsync(sent[start..]);
    }

    /// <summary>Reads the answer as it comes, letting the upstream go on each time.</summary>
    public async Task<byte[]> ReceiveAsync(Stream answer, CancellationToken cancel)
    {
        var received = new byte[wanted.Length + 4096];
        var count = 0;
        while (true)
        {
            Release(count);
            var read = await answer.ReadAsync(received.AsMemory(count), cancel);
            count += read;
            if (read == 0 || count == received.Length)
            {
                return received[..count];
            }
        }
    }

    /// <summary>The answer's headers come with its first bytes: where those show nothing yet, the next write may not wait for them.</summary>
    public void ReleaseUnseen() => Release(0);

    private static ReplayPlan Cut(Recording recording, bool usageAsked, int[] cuts) =>
        new(recording.Bytes, recording.Received(usageAsked), cuts, recording.Visible(usageAsked));

    private void Release(int received)
    {
        for (; _cut < cuts.Length && visible(cuts[_cut]) <= received; _cut++)
        {
            _mayGoOn.Writer.TryWrite(_cut);
        }
    }
}
