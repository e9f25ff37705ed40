using System.Buffers;
using System.Text.Json;

namespace Gateway.Storage;

/// <summary>Writes lines of the <see cref="ReservationLog"/>, one after the other, and reads them.</summary>
internal sealed class ReservationLine : IDisposable
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly Utf8JsonWriter _json;

    public ReservationLine() => _json = new Utf8JsonWriter(_bytes);

    /// <summary>What was written since the last <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public void Clear() => _bytes.ResetWrittenCount();

    public void Add(ReservationRow row)
    {
        // First, so that a line that was torn by a full disk ends before this one.
        _bytes.Write("\n"u8);
        _json.Reset();
        JsonSerializer.Serialize(_json, row, ReservationJson.Default.ReservationRow);
        _json.Flush();
    }

    /// <summary>The reservations of a file. A line that was never whole is left out: its call was told so. So are zeros, where one was to come.</summary>
    public static IEnumerable<ReservationRow> ReadAll(string path)
    {
        foreach (var line in File.ReadLines(path))
        {
            if (Parse(line.Trim('\0')) is { } row)
            {
                yield return row;
            }
        }
    }

    public void Dispose() => _json.Dispose();

    private static ReservationRow? Parse(string line)
    {
        try
        {
            return line.Length == 0 ? null : JsonSerializer.Deserialize(line, ReservationJson.Default.ReservationRow);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
