using System.Globalization;
using System.Text;

namespace Gateway.Storage;

/// <summary>What one reservation takes from one limit. The numbers of period and unit are those of the quota room's enums.</summary>
/// <param name="LimitId">The limit.</param>
/// <param name="Per">Its window's kind; 0 for calls running at once, which no sum counts.</param>
/// <param name="Unit">What it counts.</param>
/// <param name="Window">The start of the window it was taken in, in Unix milliseconds; 0 where there is none.</param>
/// <param name="ForgetAt">When that window may be forgotten, in Unix milliseconds; 0: never.</param>
/// <param name="Amount">How much was reserved.</param>
internal readonly record struct SpendCharge(string LimitId, int Per, int Unit, long Window, long ForgetAt, long Amount)
{
    private const int Fields = 6;

    /// <summary>Charges as a reservation's row keeps them: fields joined by ':', charges by ';'.</summary>
    public static string Write(IReadOnlyList<SpendCharge> charges)
    {
        var text = new StringBuilder(charges.Count * 64);
        foreach (var charge in charges)
        {
            text.Append(text.Length > 0 ? ";" : "").Append(
                CultureInfo.InvariantCulture, $"{charge.LimitId}:{charge.Per}:{charge.Unit}:{charge.Window}:{charge.ForgetAt}:{charge.Amount}");
        }

        return text.ToString();
    }

    public static IReadOnlyList<SpendCharge> Read(string text) =>
        text.Length == 0 ? [] : [.. text.Split(';').Select(One)];

    private static SpendCharge One(string text)
    {
        var fields = text.Split(':');
        return fields.Length == Fields
            ? new(fields[0], (int)Number(fields[1]), (int)Number(fields[2]), Number(fields[3]), Number(fields[4]), Number(fields[5]))
            : throw new FormatException($"A reservation's charge has {Fields} fields, not '{text}'.");
    }

    private static long Number(string text) => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
