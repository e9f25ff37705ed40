using System.Text;

namespace Gateway.OpenAi;

/// <summary>Where one part of an upload lies.</summary>
/// <param name="Name">The field's name, cut to what is worth showing.</param>
/// <param name="FileName">The name of its file; null where it is a plain field.</param>
/// <param name="Start">Where in the body its content begins.</param>
/// <param name="Length">How many bytes that is.</param>
internal sealed record UploadPart(string Name, string? FileName, long Start, long Length)
{
    private const int MaxName = 256;

    public static UploadPart Of(PartHead head, long start, long length) => new(Shown(head.Name), head.FileName is { } file ? Shown(file) : null, start, length);

    /// <summary>Heads are read byte by byte; names are UTF-8.</summary>
    private static string Shown(string latin)
    {
        var text = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(latin));
        return text[..Math.Min(text.Length, MaxName)];
    }
}
