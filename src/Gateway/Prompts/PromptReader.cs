using System.Text;
using Gateway.Storage;

namespace Gateway.Prompts;

/// <summary>What admins do with what is kept: read it, and erase it.</summary>
internal sealed class PromptReader(PromptStore store, PromptLog log, PromptRetention retention, TimeProvider time)
{
    /// <summary>Within this another replica has written what a call handed in there.</summary>
    private static readonly TimeSpan OthersDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>The content of calls that were to be kept; what a call has just handed in is waited for, here or at another replica.</summary>
    public async Task<IReadOnlyDictionary<RequestId, PromptContent>> ReadAsync(IReadOnlyCollection<EndedCall> calls, CancellationToken cancel)
    {
        await log.WrittenAsync(cancel);
        var kept = calls.Where(call => call.Time >= retention.KeptFrom).ToList();
        var rows = new Dictionary<RequestId, PromptRow>(await FindAsync(kept, cancel));
        while (kept.Where(call => MayCome(call) && !rows.ContainsKey(call.Id)).ToList() is { Count: > 0 } missing)
        {
            await Task.Delay(Look, time, cancel);
            foreach (var (id, row) in await FindAsync(missing, cancel))
            {
                rows[id] = row;
            }
        }

        return calls.ToDictionary(call => call.Id, call => ToContent(rows.GetValueOrDefault(call.Id), call.Time));
    }

    /// <summary>Erases for good what was handed in until now.</summary>
    /// <returns>How many calls' content was erased; null where the store is too slow now to say that all was.</returns>
    public async Task<int?> EraseAsync(PromptErasure erasure, CancellationToken cancel)
    {
        // First, so that nothing that waits comes in behind it.
        if (!await log.WrittenAsync(cancel))
        {
            return null;
        }

        if (store.IsShared)
        {
            await Task.Delay(OthersDelay, time, cancel);
        }

        return await store.EraseAsync(erasure, cancel);
    }

    private Task<IReadOnlyDictionary<RequestId, PromptRow>> FindAsync(IReadOnlyCollection<EndedCall> calls, CancellationToken cancel) =>
        store.FindAsync([.. calls.Select(call => (call.Id, call.Time))], cancel);

    private bool MayCome(EndedCall call) => store.IsShared && time.GetUtcNow() - call.Ended < OthersDelay;

    private PromptContent ToContent(PromptRow? row, DateTimeOffset time) => row switch
    {
        null => PromptContent.None(time < retention.KeptFrom ? ContentAbsent.Expired : ContentAbsent.Dropped),
        { State: PromptState.Erased } => PromptContent.None(ContentAbsent.Erased),
        { State: PromptState.Withheld } => PromptContent.None(ContentAbsent.Redacted),
        _ => new PromptContent(
            row.Prompt is { } prompt ? Encoding.UTF8.GetString(prompt) : null,
            row.Answer is { } answer ? AnswerText.Read(answer) : null,
            row.IsCut,
            null),
    };
}
