using System.Diagnostics;
using System.Globalization;
using Gateway.Prompts;
using Gateway.Storage;

namespace Gateway.Bench.Admin;

/// <summary>A month of prompts in a store of the gateway's own, and how long retention takes to drop it.</summary>
internal sealed class PromptMonth(PromptStore store, Func<CancellationToken, Task<long>> size)
{
    private const int Days = 31;
    private const int RowsADay = 4_000;
    private const int PromptBytes = 3_000;
    private const int AnswerBytes = 1_000;

    private static readonly DateTimeOffset First = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What was kept, and how long it took to be gone.</summary>
    public async Task<(double Milliseconds, long BytesBefore, long BytesAfter)> RunAsync(CancellationToken cancel)
    {
        for (var day = 0; day < Days; day++)
        {
            cancel.ThrowIfCancellationRequested();
            store.Write(DateOnly.FromDateTime(First.UtcDateTime).AddDays(day), [.. Enumerable.Range(0, RowsADay).Select(row => Row(day, row))]);
        }

        var before = await size(cancel);
        var begun = Stopwatch.GetTimestamp();
        await store.DropBeforeAsync(DateOnly.FromDateTime(First.UtcDateTime).AddDays(Days), cancel);
        return (Stopwatch.GetElapsedTime(begun).TotalMilliseconds, before, await size(cancel));
    }

    public static string Explain { get; } = string.Create(CultureInfo.InvariantCulture, $"{Days * RowsADay:#,0} prompts of a month, {Days} days");

    private static PromptRow Row(int day, int row)
    {
        // Not compressible: PostgreSQL packs long values.
        var content = new byte[PromptBytes + AnswerBytes];
        new Random((day * RowsADay) + row).NextBytes(content);
        var text = System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(content));
        return new PromptRow
        {
            Id = new RequestId(string.Create(CultureInfo.InvariantCulture, $"req_{day:x8}{row:x24}")),
            Time = First.AddDays(day).AddSeconds(row),
            KeyId = new KeyId("key_bench"),
            User = $"user-{row % 500}",
            State = PromptState.Kept,
            Prompt = text[..PromptBytes],
            Answer = text[PromptBytes..(PromptBytes + AnswerBytes)],
        };
    }
}
