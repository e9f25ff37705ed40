using System.Text.Json;
using Gateway.Ledger;
using Gateway.Prompts;
using Gateway.Storage;

namespace Gateway.Admin;

/// <summary>What is kept of calls beside their figures: content and feedback, gathered for many calls at once.</summary>
internal sealed class RequestDetail(PromptReader prompts, FeedbackStore feedback)
{
    public async Task<RequestView> ShowAsync(LedgerEntry row, CancellationToken cancel) => (await ShowAsync([row], cancel))[0];

    public async Task<IReadOnlyList<RequestView>> ShowAsync(IReadOnlyList<LedgerEntry> rows, CancellationToken cancel)
    {
        var handedIn = rows.Where(row => row.Content == LoggedContent.HandedIn).Select(row => (row.Id, row.Time)).ToList();
        var contents = handedIn.Count > 0 ? await prompts.ReadAsync(handedIn, cancel) : new Dictionary<RequestId, PromptContent>();
        var given = await feedback.FindAsync([.. rows.Select(row => row.Id)], cancel);
        return [.. rows.Select(row => With(RequestView.Whole(row), ContentOf(row, contents), given.GetValueOrDefault(row.Id)))];
    }

    private static PromptContent ContentOf(LedgerEntry row, IReadOnlyDictionary<RequestId, PromptContent> contents) => row.Content switch
    {
        LoggedContent.HandedIn => contents[row.Id],
        LoggedContent.Dropped => PromptContent.None(ContentAbsent.Dropped),
        _ => PromptContent.None(ContentAbsent.Off),
    };

    private static RequestView With(RequestView view, PromptContent content, Feedback? feedback) => view with
    {
        Prompt = content.Prompt,
        Answer = content.Parts is { Count: > 0 } parts ? AnswerText.Join(parts) : null,
        AnswerParts = content.Parts,
        ContentTruncated = content.Absent is null ? content.IsCut : null,
        ContentAbsent = content.Absent is { } why ? JsonNamingPolicy.SnakeCaseLower.ConvertName(why.ToString()) : null,
        Feedback = feedback is null ? null : FeedbackView.Of(feedback),
    };
}
