using System.Text;

namespace Gateway.OpenAi;

/// <summary>The id that a provider gave its answer, such as <c>chatcmpl-…</c>, by which callers may speak of it later.</summary>
internal static class AnswerId
{
    /// <summary>In bytes. Those of known providers have up to 64.</summary>
    public const int MaxLength = 128;

    /// <returns>Null where it is none to find an answer by: empty, longer than any, or not plain ASCII.</returns>
    public static string? Read(ReadOnlySpan<byte> json) =>
        json.Length is > 0 and <= MaxLength && !json.ContainsAnyExceptInRange((byte)'!', (byte)'~') && !json.Contains((byte)'\\')
            ? Encoding.ASCII.GetString(json)
            : null;
}
