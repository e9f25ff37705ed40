using System.Text;
using Gateway.Storage;

namespace Gateway.Prompts;

/// <summary>What admins do with what is kept: read it, and erase it.</summary>
internal sealed class PromptReader(PromptStore store, PromptLog log, PromptRetention retention)
{
    /// <summary>The content of calls that were to be kept; what a call has just handed in is waited for.</summary>
    public async Task<IReadOnlyDictionary<RequestId, PromptContent>> ReadAsync(IReadOnlyCollection<(RequestId Id, DateTimeOffset Time)> calls, CancellationToken cancel)
    {
        await log.WrittenAsync(cancel);
        var kept = calls.Where(call => call.Time >= retention.KeptFrom).ToList();
        var rows = await store.FindAsync(kept, cancel);
        return calls.ToDictionary(call => call.Id, call => ToContent(rows.GetValueOrDefault(call.Id), call.Time));
    }

    /// <summary>Erases for good what was handed in until now.</summary>
    /// <returns>How many calls' content was erased; null where the store is too slow now to say that all was.</returns>
    public async Task<int?> EraseAsync(PromptErasure erasure, CancellationToken cancel)
    {
        // First, so that nothing that waits comes in behind it.
        return await log.WrittenAsync(cancel) ? await store.EraseAsync(erasure, cancel) : null;
    }

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
