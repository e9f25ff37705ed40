using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.OpenAi;

namespace Gateway.Proxy;

/// <summary>
/// An upload as the prompt log shows it: JSON with the text of its fields and, in their stead, names and sizes of its files, none of whose bytes are read. A name given
/// several times is a list.
/// </summary>
internal static class FormPrompt
{
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="form">The form.</param>
    /// <param name="body">Its bytes.</param>
    /// <param name="most">Bytes of text that are read; the next field is left out once they are reached.</param>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(UploadForm form, SpooledBody body, int most)
    {
        var output = new ArrayBufferWriter<byte>();
        await using var json = new Utf8JsonWriter(output, Readable);
        json.WriteStartObject();
        foreach (var named in form.Parts.GroupBy(part => part.Name, StringComparer.Ordinal))
        {
            json.WritePropertyName(named.Key);
            var parts = named.ToList();
            if (parts.Count > 1)
            {
                json.WriteStartArray();
            }

            foreach (var part in parts)
            {
                most -= await WriteAsync(json, part, body, most);
            }

            if (parts.Count > 1)
            {
                json.WriteEndArray();
            }
        }

        json.WriteEndObject();
        await json.FlushAsync();
        return output.WrittenMemory;
    }

    /// <returns>Bytes of text that were read.</returns>
    private static async ValueTask<int> WriteAsync(Utf8JsonWriter json, UploadPart part, SpooledBody body, int most)
    {
        if (part.FileName is { } file)
        {
            json.WriteStartObject();
            json.WriteString("filename"u8, file);
            json.WriteNumber("bytes"u8, part.Length);
            json.WriteEndObject();
            return 0;
        }

        var bytes = ArrayPool<byte>.Shared.Rent((int)Math.Min(part.Length, Math.Max(0, most)) + 1);
        try
        {
            var length = (int)Math.Min(part.Length, Math.Max(0, most));
            var read = 0;
            while (read < length && await body.ReadAsync(part.Start + read, bytes.AsMemory(read, length - read), CancellationToken.None) is var more and > 0)
            {
                read += more;
            }

            json.WriteStringValue(Encoding.UTF8.GetString(bytes.AsSpan(0, read)));
            return read;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
