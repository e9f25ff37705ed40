using System.Text.RegularExpressions;

namespace Gateway.Bench.Reporting;

/// <summary>The page with all figures. Each command writes its own part and leaves the others' as they are.</summary>
internal static partial class ReportFile
{
    /// <summary>Written by commands of their own, in this order at the page's end.</summary>
    private static readonly string[] OwnSections = ["Long ledger", "Open consoles", "Cold start", "Soak"];

    public static void Write(string file, string report)
    {
        var own = File.Exists(file) ? string.Concat(Sections(File.ReadAllText(file)).Where(section => IsOwn(section)).Select(section => "\n" + section.TrimEnd('\n') + "\n")) : "";
        File.WriteAllText(file, report.TrimEnd('\n') + "\n" + own);
    }

    /// <param name="file">The page.</param>
    /// <param name="section">The new text of one of the own sections, its heading included.</param>
    public static void WriteSection(string file, string section)
    {
        var heading = HeadingOf(section);
        var sections = (File.Exists(file) ? Sections(File.ReadAllText(file)) : []).Where(other => HeadingOf(other) != heading).Append(section).ToList();
        var ordered = sections.Where(other => !IsOwn(other)).Concat(sections.Where(IsOwn).OrderBy(other => Array.IndexOf(OwnSections, HeadingOf(other))));
        File.WriteAllText(file, string.Join('\n', ordered.Select(each => each.TrimEnd('\n') + "\n")));
    }

    /// <summary>What stands before the first heading of the second rank, then each heading with what is below it.</summary>
    private static IEnumerable<string> Sections(string page) => SectionStart().Split(page).Where(section => section.Length > 0);

    private static bool IsOwn(string section) => OwnSections.Contains(HeadingOf(section));

    private static string HeadingOf(string section) => section.StartsWith("## ", StringComparison.Ordinal) ? section.Split('\n')[0][3..].Trim() : "";

    [GeneratedRegex("^(?=## )", RegexOptions.Multiline)]
    private static partial Regex SectionStart();
}
