namespace Gateway.Console;

/// <summary>A text as a cell of a CSV file.</summary>
internal static class CsvCell
{
    /// <summary>A spreadsheet runs what begins like a formula: not what a caller's text may do.</summary>
    public static string Of(string? text)
    {
        if (text is null)
        {
            return "";
        }

        var safe = text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? "'" + text : text;
        return safe.AsSpan().ContainsAny(",\"\r\n") ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}
