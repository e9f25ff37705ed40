using System.Text.Json;

namespace Gateway.OpenAi;

/// <summary>The length of an audio file as an answer tells it, in seconds.</summary>
internal static class AudioDuration
{
    /// <summary>A month: no file that can be uploaded is longer, and beyond it a figure is a mistake.</summary>
    private const double MaxSeconds = 31 * 86_400;

    public static bool TryRead(ref Utf8JsonReader reader, out double seconds)
    {
        seconds = 0;
        return reader.TokenType is JsonTokenType.Number && reader.TryGetDouble(out seconds) && seconds is >= 0 and <= MaxSeconds;
    }

    /// <summary>The top-level <c>duration</c> of a <c>verbose_json</c> answer, of which only the beginning may be here.</summary>
    public static double? Find(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, isFinalBlock: false, default);
            if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
            {
                var isDuration = reader.ValueTextEquals("duration"u8);
                if (!reader.Read())
                {
                    return null;
                }

                if (isDuration)
                {
                    return TryRead(ref reader, out var seconds) ? seconds : null;
                }

                if (!reader.TrySkip())
                {
                    return null;
                }
            }
        }
        catch (JsonException)
        {
            // Not JSON, so it tells nothing.
        }

        return null;
    }
}
