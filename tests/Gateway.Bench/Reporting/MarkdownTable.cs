using System.Text;

namespace Gateway.Bench.Reporting;

/// <summary>A table, its first columns text and the others figures.</summary>
internal sealed class MarkdownTable(params IReadOnlyList<string> headings)
{
    public int TextColumns { get; init; } = 1;

    private readonly List<IReadOnlyList<string>> _rows = [];

    public void Add(params IReadOnlyList<string> row) => _rows.Add(row);

    public void WriteTo(StringBuilder page)
    {
        Append(page, headings);
        Append(page, [.. headings.Select((_, column) => column < TextColumns ? "---" : "---:")]);
        foreach (var row in _rows)
        {
            Append(page, row);
        }

        page.Append('\n');
    }

    private static void Append(StringBuilder page, IReadOnlyList<string> row) =>
        page.Append("| ").AppendJoin(" | ", row).Append(" |\n");
}
