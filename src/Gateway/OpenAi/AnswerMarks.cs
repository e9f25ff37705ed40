using System.Text;

namespace Gateway.OpenAi;

/// <summary>What an answer says of itself beside text and usage: the id it can be asked for by later, and how far it has come.</summary>
internal sealed class AnswerMarks
{
    /// <summary>Providers' ids have 30 to 80 characters; a longer one is not an id.</summary>
    private const int MaxLength = 256;

    /// <summary>The first id told; null while there is none.</summary>
    public string? Id { get; private set; }

    /// <summary>The status told last.</summary>
    public string? Status { get; private set; }

    /// <param name="kind">Which of the two.</param>
    /// <param name="quoted">A JSON string with its quotes. Ids and statuses hold nothing that JSON escapes.</param>
    public void Take(UsagePaths.MemberKind kind, ReadOnlySpan<byte> quoted)
    {
        if (quoted.Length is < 3 or > MaxLength || quoted.Contains((byte)'\\') || !Ascii.IsValid(quoted))
        {
            return;
        }

        if (kind is UsagePaths.MemberKind.Status)
        {
            Status = Encoding.ASCII.GetString(quoted[1..^1]);
        }
        else
        {
            Id ??= Encoding.ASCII.GetString(quoted[1..^1]);
        }
    }
}
