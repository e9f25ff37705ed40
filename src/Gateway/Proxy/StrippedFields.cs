using System.Text.Json;
using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>The bytes to take out of a body so that some of its top-level fields are gone and the rest is still an object.</summary>
internal sealed record StrippedFields(IReadOnlyList<ByteRange> Ranges, bool LeavesOthers)
{
    public static readonly StrippedFields None = new([], LeavesOthers: true);

    /// <summary>A second pass, paid only for providers that do not bear some field. The body is known to be valid: an envelope was read from it.</summary>
    public static StrippedFields Find(ReadOnlySpan<byte> body, IReadOnlyList<string> names)
    {
        var json = new Utf8JsonReader(body, BodyJson.Options);
        var ranges = new List<ByteRange>();
        int? endBefore = null; // of the field before, once one is kept
        ByteRange? leading = null;
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var start = (int)json.TokenStartIndex;
            var isStripped = IsAny(ref json, names);

            // Fields taken out before the first one kept go with the comma behind them, all later ones with that before.
            if (leading is { } open)
            {
                ranges.Add(Between(open.Start, start));
                leading = null;
            }

            json.Read();
            if (BodyJson.Skip(ref json) is { } error)
            {
                throw new InvalidOperationException($"A body that was read before is refused now: {error.Message}");
            }

            var end = (int)json.BytesConsumed;
            if (!isStripped)
            {
                endBefore = end;
            }
            else if (endBefore is { } before)
            {
                ranges.Add(Between(before, end));
                endBefore = end;
            }
            else
            {
                leading = Between(start, end);
            }
        }

        if (leading is { } only)
        {
            ranges.Add(only);
        }

        return ranges.Count == 0 ? None : new StrippedFields(ranges, LeavesOthers: endBefore is not null);
    }

    /// <summary>Whether an edit falls into a field that is taken out as a whole.</summary>
    public bool Cover(BodyEdit? edit)
    {
        if (edit is { } given)
        {
            foreach (var range in Ranges)
            {
                if (range.Start < given.Removed.Start && given.Removed.Start < range.End)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool IsAny(ref readonly Utf8JsonReader json, IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (json.ValueTextEquals(name))
            {
                return true;
            }
        }

        return false;
    }

    private static ByteRange Between(int start, int end) => new(start, end - start);
}
