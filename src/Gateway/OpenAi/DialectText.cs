using System.Text.Json;

namespace Gateway.OpenAi;

/// <summary>Finds an answer's text in one object of a dialect without <c>choices</c>: a stream's event, or a whole body. The parser shows it each top-level member that it does not know itself.</summary>
internal abstract class DialectText
{
    private const int MaxIndex = 1 << 20;

    public static DialectText? Of(AnswerDialect dialect) => dialect switch
    {
        AnswerDialect.Responses => new ResponsesText(),
        AnswerDialect.Messages => new MessagesText(),
        AnswerDialect.Transcripts => new TranscriptText(),
        _ => null,
    };

    /// <summary>Forgets the object before.</summary>
    public abstract void Begin();

    /// <summary>Looks at the member whose name the reader is at.</summary>
    /// <returns>Whether it was read to its end; if not, the reader is where it was.</returns>
    public abstract bool Read(ref Utf8JsonReader reader, AnswerFindings findings);

    /// <summary>The object is complete: what depended on members that came later is told now.</summary>
    public abstract void End(AnswerFindings findings);

    protected static int ReadIndex(ref Utf8JsonReader reader)
    {
        reader.Read();
        var index = reader.TokenType is JsonTokenType.Number && reader.TryGetInt32(out var number) && number is >= 0 and <= MaxIndex ? number : 0;
        reader.Skip();
        return index;
    }

    /// <summary>The value at the reader, if it is a string that is not empty.</summary>
    protected static (int Start, int Length, bool IsEscaped)? TextAt(ref readonly Utf8JsonReader reader) =>
        reader.TokenType is JsonTokenType.String && !reader.ValueSpan.IsEmpty
            ? ((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length, reader.ValueIsEscaped)
            : null;
}
