using System.Globalization;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;

namespace Gateway.Hosting;

/// <summary>A log line for a terminal. What stands in values may come from callers: it is escaped, so that nobody forges a line or paints the screen.</summary>
internal sealed class TerminalLogText : ITextFormatter
{
    private static readonly MessageTemplateTextFormatter Message = new("{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}", CultureInfo.InvariantCulture);

    public void Format(LogEvent logEvent, TextWriter output)
    {
        using var line = new StringWriter(CultureInfo.InvariantCulture);
        Message.Format(logEvent, line);
        output.WriteLine(SettingText.Printable(line.ToString()));
        if (logEvent.Exception is { } exception)
        {
            foreach (string part in exception.ToString().Split('\n'))
            {
                output.WriteLine($"    {SettingText.Printable(part.TrimEnd('\r'))}");
            }
        }
    }
}
