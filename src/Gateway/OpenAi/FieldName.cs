using System.Buffers;
using System.Text;

namespace Gateway.OpenAi;

/// <summary>
/// Tells fields by their unescaped names, and finds those that only look like a field in another letter case: a lenient
/// upstream (Go's JSON decoder, for one) would take <c>Model</c> for <c>model</c> and run what was never checked here.
/// </summary>
internal static class FieldName
{
    private static readonly SearchValues<byte> Plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_"u8);

    /// <summary>The longest name that can be a twin: 21 letters, each written in at most three bytes.</summary>
    private const int MaxTwinBytes = 63;

    public static RequestField Identify(ReadOnlySpan<byte> name) => name.Length switch
    {
        1 when name[0] == (byte)'n' => RequestField.N,
        4 when name.SequenceEqual("user"u8) => RequestField.User,
        5 when name.SequenceEqual("model"u8) => RequestField.Model,
        5 when name.SequenceEqual("input"u8) => RequestField.Input,
        5 when name.SequenceEqual("store"u8) => RequestField.Store,
        6 when name.SequenceEqual("stream"u8) => RequestField.Stream,
        6 when name.SequenceEqual("prompt"u8) => RequestField.Prompt,
        7 when name.SequenceEqual("best_of"u8) => RequestField.BestOf,
        8 when name.SequenceEqual("metadata"u8) => RequestField.Metadata,
        10 when name.SequenceEqual("max_tokens"u8) => RequestField.MaxTokens,
        10 when name.SequenceEqual("background"u8) => RequestField.Background,
        12 when name.SequenceEqual("conversation"u8) => RequestField.Conversation,
        13 when name.SequenceEqual("input_file_id"u8) => RequestField.InputFileId,
        14 when name.SequenceEqual("stream_options"u8) => RequestField.StreamOptions,
        17 when name.SequenceEqual("max_output_tokens"u8) => RequestField.MaxOutputTokens,
        20 when name.SequenceEqual("previous_response_id"u8) => RequestField.PreviousResponseId,
        21 when name.SequenceEqual("max_completion_tokens"u8) => RequestField.MaxCompletionTokens,
        _ => RequestField.Other,
    };

    /// <summary>The name that this one imitates in another letter case, if it does.</summary>
    public static string? FindImitated(ReadOnlySpan<byte> name)
    {
        if (!name.ContainsAnyExcept(Plain) || name.Length > MaxTwinBytes)
        {
            return null;
        }

        Span<byte> folded = stackalloc byte[MaxTwinBytes];
        folded = folded[..Fold(name, folded)];
        return Identify(folded) is RequestField.Other or RequestField.User or RequestField.Prompt or RequestField.Metadata or RequestField.Store or RequestField.Background or RequestField.Input
            ? null
            : Encoding.UTF8.GetString(folded);
    }

    /// <summary>Whether the name is <c>include_usage</c> in another letter case.</summary>
    public static bool ImitatesIncludeUsage(ReadOnlySpan<byte> name)
    {
        if (!name.ContainsAnyExcept(Plain) || name.Length > MaxTwinBytes)
        {
            return false;
        }

        Span<byte> folded = stackalloc byte[MaxTwinBytes];
        return folded[..Fold(name, folded)].SequenceEqual("include_usage"u8);
    }

    /// <summary>Lower case in ASCII, and the only two letters outside it that Unicode folds into it: U+017F (long s) and U+212A (Kelvin sign).</summary>
    private static int Fold(ReadOnlySpan<byte> name, Span<byte> folded)
    {
        var length = 0;
        while (!name.IsEmpty)
        {
            var (letter, taken) = name switch
            {
                [0xC5, 0xBF, ..] => ((byte)'s', 2),
                [0xE2, 0x84, 0xAA, ..] => ((byte)'k', 3),
                [>= (byte)'A' and <= (byte)'Z', ..] => ((byte)(name[0] | 0x20), 1),
                _ => (name[0], 1),
            };
            folded[length++] = letter;
            name = name[taken..];
        }

        return length;
    }
}
