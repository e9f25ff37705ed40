using System.Globalization;
using System.Text;

namespace Gateway.Console.Words;

/// <summary>Writes figures and times as the reader's browser would: its separators and its time zone, or UTC where they chose so.</summary>
internal sealed class Reader(TimeProvider time)
{
    private const decimal MicrosPerDollar = 1_000_000;

    private NumberFormatInfo _numbers = new() { NumberGroupSeparator = ",", NumberDecimalSeparator = "." };
    private TimeZoneInfo _local = TimeZoneInfo.Utc;
    private ReaderTimes _times = ReaderTimes.Plain;
    private DateTimeFormatInfo _names = DateTimeFormatInfo.InvariantInfo;

    public bool IsUtc { get; private set; }

    /// <summary>The address in the browser's bar: what a snippet has to call.</summary>
    public string Origin { get; private set; } = "http://localhost:4000";

    public TimeZoneInfo Zone => IsUtc ? TimeZoneInfo.Utc : _local;

    public DateTimeOffset Now => time.GetUtcNow();

    public void Take(ReaderFacts facts)
    {
        _numbers = new NumberFormatInfo { NumberGroupSeparator = facts.Group, NumberDecimalSeparator = facts.Decimal };
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(facts.Zone, out var zone))
        {
            // A server without the database of time zones: right until the clocks change.
            zone = TimeZoneInfo.CreateCustomTimeZone(facts.Zone, TimeSpan.FromMinutes(Math.Clamp(facts.Offset, -840, 840)), facts.Zone, facts.Zone);
        }

        if (facts.Times is { } times && times.Names() is { } names)
        {
            (_times, _names) = (times, names);
        }

        (_local, IsUtc, Origin) = (zone, facts.Utc, facts.Origin);
    }

    public void Choose(bool utc) => IsUtc = utc;

    public string Number(decimal value) => value.ToString(value == decimal.Truncate(value) ? "N0" : "#,##0.######", _numbers);

    public string Decimal(double value, int digits) => value.ToString("N" + digits.ToString(CultureInfo.InvariantCulture), _numbers);

    /// <summary>Three digits and a letter: 41.2 M.</summary>
    public string Compact(decimal value)
    {
        var (unit, letter) = Math.Abs(value) switch
        {
            >= 1_000_000_000_000 => (1_000_000_000_000m, " T"),
            >= 1_000_000_000 => (1_000_000_000m, " B"),
            >= 1_000_000 => (1_000_000m, " M"),
            >= 100_000 => (1_000m, " K"),
            _ => (1m, ""),
        };
        var scaled = value / unit;
        return unit == 1 ? Number(value) : scaled.ToString(Math.Abs(scaled) < 10 ? "N2" : Math.Abs(scaled) < 100 ? "N1" : "N0", _numbers) + letter;
    }

    /// <summary>Dollars: two decimals from one dollar on, else enough to see something.</summary>
    public string Money(decimal dollars)
    {
        if (dollars is 0)
        {
            return "$0";
        }

        if (Math.Abs(dollars) >= 1)
        {
            return "$" + dollars.ToString("N2", _numbers);
        }

        if (Math.Abs(dollars) < 1 / MicrosPerDollar)
        {
            return "<$" + (1 / MicrosPerDollar).ToString("0.000000", _numbers);
        }

        var digits = Math.Clamp(3 - (int)Math.Floor(Math.Log10((double)Math.Abs(dollars))), 2, 6);
        var text = dollars.ToString("F" + digits.ToString(CultureInfo.InvariantCulture), _numbers);
        while (text.EndsWith('0') && text.Length - text.IndexOf(_numbers.NumberDecimalSeparator, StringComparison.Ordinal) > 3)
        {
            text = text[..^1];
        }

        return "$" + text;
    }

    /// <summary>Null: the model has no price, which is not the same as nothing.</summary>
    public string MoneyOf(long? micros) => micros is { } known ? Money(known / MicrosPerDollar) : "no price";

    public string Percent(double share)
    {
        var percent = share * 100;
        if (percent is > 0 and < 0.05)
        {
            return "<" + 0.1.ToString("0.0", _numbers) + " %";
        }

        return percent.ToString(percent is > 0 and < 10 ? "0.#" : "N0", _numbers) + " %";
    }

    public string Span(TimeSpan span) => span switch
    {
        { TotalMilliseconds: < 1000 } => Number((long)span.TotalMilliseconds) + " ms",
        { TotalSeconds: < 60 } => Decimal(span.TotalSeconds, 1) + " s",
        { TotalMinutes: < 60 } => $"{span.Minutes} min {span.Seconds} s",
        { TotalHours: < 24 } => $"{span.Hours} h {span.Minutes} min",
        _ => $"{(int)span.TotalDays} d {span.Hours} h",
    };

    public string Bytes(long bytes) => bytes switch
    {
        < 1_000 => Number(bytes) + " B",
        < 1_000_000 => Number(bytes / 1_000) + " KB",
        _ => Decimal(bytes / 1_000_000d, 1) + " MB",
    };

    public DateTimeOffset Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, Zone);

    /// <summary>14:03:22 today, 3 Mar 14:03 this year, 3 Mar 2025 before; in the order of the reader's language.</summary>
    public string When(DateTimeOffset at)
    {
        var (there, today) = (Local(at), Local(Now));
        return Text(there, there.Date == today.Date ? _times.Second : there.Year == today.Year ? _times.DayMinute : _times.Year);
    }

    /// <summary>The time of the day, to the minute.</summary>
    public string Minute(DateTimeOffset at) => Text(Local(at), _times.Minute);

    /// <summary>The day as it is where the time was made.</summary>
    public string Day(DateTimeOffset there) => Text(there, _times.Day);

    public string Full(DateTimeOffset at) => $"{Text(Local(at), _times.Full)} {ZoneName}";

    public string ZoneName => IsUtc ? "UTC" : _local.Id;

    public string Ago(DateTimeOffset at) => (Now - at) switch
    {
        { TotalSeconds: < 60 } => "just now",
        { TotalMinutes: < 60 } ago => $"{(int)ago.TotalMinutes} min ago",
        { TotalHours: < 24 } ago => $"{(int)ago.TotalHours} h ago",
        _ => When(at),
    };

    /// <summary>What the reader typed as an amount, in the form of <see cref="Amount"/>: their separators, and where one can't group, a decimal one.</summary>
    public string AmountOf(string? typed)
    {
        var text = (typed ?? "").Trim();
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is not ('.' or ','))
            {
                plain.Append(char.IsWhiteSpace(text[i]) || text[i] is '\'' or '’' ? "" : text[i]);
            }
            else if (_numbers.NumberGroupSeparator is not [var group] || group != text[i] || !Groups(text.AsSpan(i + 1)))
            {
                plain.Append('.');
            }
        }

        return plain.ToString();
    }

    private static bool Groups(ReadOnlySpan<char> behind) =>
        behind.Length >= 3 && char.IsAsciiDigit(behind[0]) && char.IsAsciiDigit(behind[1]) && char.IsAsciiDigit(behind[2]) && (behind.Length == 3 || !char.IsAsciiDigit(behind[3]));

    private string Text(DateTimeOffset at, string format) => at.ToString(format, _names);

    /// <summary>Reads an amount: 100k, 1.5M, 100,000.</summary>
    public static decimal? Amount(string? text)
    {
        var digits = new StringBuilder();
        decimal factor = 1;
        foreach (var letter in (text ?? "").Trim())
        {
            switch (letter)
            {
                case >= '0' and <= '9' or '.' when factor == 1:
                    digits.Append(letter);
                    break;
                case ',' or ' ' or '_' or '$':
                    break;
                case 'k' or 'K' when factor == 1:
                    factor = 1_000;
                    break;
                case 'm' or 'M' when factor == 1:
                    factor = 1_000_000;
                    break;
                default:
                    return null;
            }
        }

        return decimal.TryParse(digits.ToString(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) && amount <= (decimal)1e15 ? amount * factor : null;
    }
}
