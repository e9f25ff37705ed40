using System.Runtime.CompilerServices;
using Gateway.Tokens;

namespace Gateway.Providers;

/// <summary>
/// The built-in model's answer, part by part as it is asked for. Each text is answered <c>n</c> times, one choice after the
/// other. Nothing is counted before it must be: the text only where the output cap may cut it, the rest where usage is told.
/// </summary>
internal sealed class EchoAnswer(EchoRequest ask, EchoWriter writer, TokenCounter counter, PromptCounter prompts)
{
    private static readonly TokenEncoding CountedIn = TokenEncodings.O200kBase;

    private readonly EchoMeasure?[] _measured = new EchoMeasure?[ask.Texts.Count];

    private bool IsChat => ask.Endpoint == "chat/completions";

    private int Choices => ask.Texts.Count * ask.Choices;

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> StreamAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        for (var choice = 0; choice < Choices; choice++)
        {
            if (IsChat)
            {
                writer.Reset();
                writer.RoleChunk(choice, ask.IncludeUsage);
                yield return writer.Written;
            }

            var text = choice / ask.Choices;
            var measure = await CapAsync(text, cancel);
            var units = measure.Units;
            foreach (var segment in ask.Texts[text])
            {
                for (var done = 0; done < segment.Length;)
                {
                    cancel.ThrowIfCancellationRequested();
                    var piece = NextPiece(segment, done, ref units);
                    if (piece.IsEmpty)
                    {
                        break;
                    }

                    done += piece.Length;
                    writer.Reset();
                    writer.TextChunk(choice, piece.Span, ask.IncludeUsage);
                    yield return writer.Written;
                }
            }

            writer.Reset();
            writer.FinishChunk(choice, measure.IsCut, ask.IncludeUsage);
            yield return writer.Written;
        }

        if (ask.IncludeUsage)
        {
            var (prompt, completion) = await UsageAsync(cancel);
            writer.Reset();
            writer.UsageChunk(prompt, completion);
            yield return writer.Written;
        }

        writer.Reset();
        writer.Raw("data: [DONE]\n\n"u8);
        yield return writer.Written;
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> WholeAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        writer.Reset();
        writer.Head(IsChat ? "chat.completion" : "text_completion");
        for (var choice = 0; choice < Choices; choice++)
        {
            var text = choice / ask.Choices;
            var measure = await CapAsync(text, cancel);
            var units = measure.Units;
            writer.ChoiceHead(choice);
            foreach (var segment in ask.Texts[text])
            {
                for (var done = 0; done < segment.Length;)
                {
                    cancel.ThrowIfCancellationRequested();
                    var piece = NextPiece(segment, done, ref units);
                    if (piece.IsEmpty)
                    {
                        break;
                    }

                    done += piece.Length;
                    writer.Raw(piece.Span);
                    if (writer.Written.Length >= 16 * 1024)
                    {
                        yield return writer.Written;
                        writer.Reset();
                    }
                }
            }

            writer.ChoiceTail(measure.IsCut);
        }

        writer.Raw("],"u8);
        var (prompt, completion) = await UsageAsync(cancel);
        writer.Usage(prompt, completion);
        writer.Raw("}"u8);
        yield return writer.Written;
    }

    private ReadOnlyMemory<byte> NextPiece(EchoSegment segment, int done, ref long units)
    {
        var rest = ask.Body.Slice(segment.Start + done, segment.Length - done);
        return rest[..EchoText.NextPiece(rest.Span, ref units)];
    }

    /// <summary>A text has no more tokens than bytes, and no more of those than its JSON.</summary>
    private async ValueTask<EchoMeasure> CapAsync(int text, CancellationToken cancel) =>
        ask.MaxTokens is { } cap && ask.Texts[text].Sum(segment => (long)segment.Length) > cap
            ? await MeasureAsync(text, cancel)
            : EchoMeasure.Uncut;

    private async ValueTask<EchoMeasure> MeasureAsync(int text, CancellationToken cancel) =>
        _measured[text] ??= await EchoMeasure.TakeAsync(counter, CountedIn, ask.Body, ask.Texts[text], ask.MaxTokens, cancel);

    private async ValueTask<(long Prompt, long Completion)> UsageAsync(CancellationToken cancel)
    {
        var prompt = await prompts.CountPromptAsync(ask.Body, ask.Endpoint, CountedIn, cancel);
        long completion = 0;
        for (var text = 0; text < ask.Texts.Count; text++)
        {
            completion += (await MeasureAsync(text, cancel)).Tokens * ask.Choices;
        }

        return (prompt.Tokens, completion);
    }
}
