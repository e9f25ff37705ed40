using System.Text;

namespace Gateway.OpenAi;

/// <summary>What an answer says of itself beside text and usage: how far it has come.</summary>
internal sealed class AnswerMarks
{
    /// <summary>Providers' words have a dozen characters.</summary>
    private const int MaxLength = 64;

    /// <summary>The status told last.</summary>
    public string? Status { get; private set; }

    /// <param name="word">A JSON string without its quotes. Statuses hold nothing that JSON escapes.</param>
    public void TakeStatus(ReadOnlySpan<byte> word)
    {
        if (word.Length is > 0 and <= MaxLength && !word.Contains((byte)'\\') && Ascii.IsValid(word))
        {
            Status = Encoding.ASCII.GetString(word);
        }
    }
}
