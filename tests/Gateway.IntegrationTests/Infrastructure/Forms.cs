using System.Net.Http.Headers;
using System.Text;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>Multipart bodies, made by hand so that every byte is the test's.</summary>
internal static class Forms
{
    public const string Boundary = "----test-boundary-7MA4YWxk";

    public static byte[] Bytes(params (string Name, string? FileName, byte[] Content)[] parts)
    {
        using var body = new MemoryStream();
        foreach (var (name, fileName, content) in parts)
        {
            body.Write(Encoding.Latin1.GetBytes($"--{Boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{(fileName is null ? "" : $"; filename=\"{fileName}\"\r\nContent-Type: application/octet-stream")}\r\n\r\n"));
            body.Write(content);
            body.Write("\r\n"u8);
        }

        body.Write(Encoding.Latin1.GetBytes($"--{Boundary}--\r\n"));
        return body.ToArray();
    }

    public static (string Name, string? FileName, byte[] Content) Field(string name, string value) => (name, null, Encoding.UTF8.GetBytes(value));

    public static (string Name, string? FileName, byte[] Content) File(string name, byte[] content) => (name, "file.bin", content);

    public static HttpContent Content(byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse($"multipart/form-data; boundary=\"{Boundary}\"");
        return content;
    }

    public static async Task<HttpResponseMessage> UploadAsync(this HttpClient client, string path, byte[] body, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Content(body) };
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
    }
}
