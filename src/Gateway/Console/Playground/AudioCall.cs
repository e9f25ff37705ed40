using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Gateway.Ledger;
using Gateway.OpenAi;
using Gateway.Storage;
using Microsoft.AspNetCore.Components.Forms;

namespace Gateway.Console.Playground;

/// <summary>A file made into text by the gateway's own API. It goes on as it comes from the browser; nothing of it is kept here.</summary>
internal sealed class AudioCall(OwnApi api, LedgerQueries ledger, TimeProvider time)
{
    public const long LargestFile = 25_000_000;

    private const int LargestText = 4 * 1024 * 1024;

    private static readonly SearchValues<char> LettersAndDigits = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    public static readonly IReadOnlyList<string> Formats = ["text", "srt", "vtt", "json"];

    /// <summary>Asks, and waits for all of the text. Every fault is one of the answer.</summary>
    /// <param name="ask">What to make of the file.</param>
    /// <param name="file">The file.</param>
    /// <param name="sent">Told how many bytes of the file went out, as they do.</param>
    /// <param name="key">Who pays.</param>
    /// <param name="cancel">Ends it, upstream too.</param>
    public async Task<ChatAnswer> RunAsync(AudioAsk ask, IBrowserFile file, Action<long> sent, KeyId key, CancellationToken cancel)
    {
        var answer = new ChatAnswer(time);
        try
        {
            using var form = new MultipartFormDataContent();
            Add(form, "model", ask.Model);
            Add(form, "response_format", ask.Format);
            if (!ask.Translate && ask.Language is { Length: > 0 } language)
            {
                Add(form, "language", language);
            }

            await using var stream = new CountingStream(file.OpenReadStream(LargestFile, cancel), sent);
            using var content = new StreamContent(stream);
            content.Headers.ContentLength = file.Size;
            content.Headers.ContentType = MediaTypeHeaderValue.TryParse(file.ContentType, out var type) ? type : new MediaTypeHeaderValue("application/octet-stream");
            form.Add(content, "file", NameOf(file));
            using var response = await api.PostAsync((ask.Translate ? ApiEndpoint.AudioTranslations : ApiEndpoint.AudioTranscriptions).Path, form, key, cancel);
            answer.RequestId = response.Headers.TryGetValues("x-request-id", out var ids) ? ids.FirstOrDefault() : null;
            if (response.IsSuccessStatusCode)
            {
                answer.Append(await TextAsync(response, cancel), null);
            }
            else
            {
                await ChatStream.ReadAsync(response, answer, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            answer.Stop();
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or SocketException)
        {
            answer.Fail("The call broke off.", null, null);
        }
        finally
        {
            answer.Complete();
        }

        await ledger.RecordedAsync(answer, time);
        return answer;
    }

    private static void Add(MultipartFormDataContent form, string name, string value) => form.Add(new StringContent(value, Encoding.UTF8), name);

    /// <summary>The name's end tells providers the format; the rest is the reader's own and stays here.</summary>
    private static string NameOf(IBrowserFile file)
    {
        var extension = Path.GetExtension(file.Name);
        return extension.Length is > 1 and <= 8 && !extension.AsSpan(1).ContainsAnyExcept(LettersAndDigits)
            ? "audio" + extension.ToLower(CultureInfo.InvariantCulture)
            : "audio";
    }

    private static async Task<string> TextAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        using var kept = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while (kept.Length < LargestText && (read = await body.ReadAsync(buffer, cancel)) > 0)
        {
            await kept.WriteAsync(buffer.AsMemory(0, read), cancel);
        }

        return Encoding.UTF8.GetString(kept.GetBuffer(), 0, (int)kept.Length).Trim();
    }
}
