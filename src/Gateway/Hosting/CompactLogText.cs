using System.Globalization;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Compact;

namespace Gateway.Hosting;

/// <summary>
/// A log line as compact JSON in which every character that is not for the eye is escaped. The formatter below escapes those that JSON forbids; marks that turn the
/// reading direction, line separators and a terminal's own controls above them would come through.
/// </summary>
internal sealed class CompactLogText : ITextFormatter
{
    private static readonly RenderedCompactJsonFormatter Json = new();

    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var line = new StringWriter(CultureInfo.InvariantCulture);
        Json.Format(logEvent, line);
        // Outside its strings JSON has none of them, and inside this is how JSON escapes.
        output.WriteLine(SettingText.Printable(line.ToString().TrimEnd('\r', '\n')));
    }
}
