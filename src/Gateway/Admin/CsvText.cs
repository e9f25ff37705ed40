using System.Text;

namespace Gateway.Admin;

/// <summary>Lines of CSV after RFC 4180, made harmless for spreadsheets.</summary>
internal static class CsvText
{
    private const string Quoted = ",\"\r\n";

    /// <summary>What a spreadsheet takes for the begin of a formula; a caller may name a model or a user so.</summary>
    private const string Formula = "=+-@\t\r\n";

    public static void Append(StringBuilder line, IEnumerable<string> cells)
    {
        var isFirst = true;
        foreach (var cell in cells)
        {
            line.Append(isFirst ? "" : ",").Append(Cell(cell));
            isFirst = false;
        }

        line.Append("\r\n");
    }

    public static string Cell(string text)
    {
        var safe = text.Length > 0 && Formula.Contains(text[0], StringComparison.Ordinal) ? "'" + text : text;
        return safe.AsSpan().ContainsAny(Quoted) ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}
