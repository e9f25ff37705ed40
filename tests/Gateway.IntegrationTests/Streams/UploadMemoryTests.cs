using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Gateway.IntegrationTests.Streams;

/// <summary>Half a gigabyte in and out: the same bytes, and no memory for them.</summary>
[Collection(Alone.Name)]
public sealed class UploadMemoryTests
{
    private const int Piece = 1 << 20;
    private const int Pieces = 500;

    /// <summary>MiB: what the collector leaves lying about.</summary>
    private const long Slack = 64;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Five_hundred_mebibytes_pass_in_and_out_byte_for_byte_with_memory_flat()
    {
        string? received = null;
        var content = new byte[Piece];
        new Random(3).NextBytes(content);
        await using var upstream = await StartUpstreamAsync(async http =>
        {
            if (HttpMethods.IsGet(http.Request.Method))
            {
                http.Response.ContentType = "application/octet-stream";
                http.Response.ContentLength = (long)Piece * Pieces;
                for (var i = 0; i < Pieces; i++)
                {
                    await http.Response.Body.WriteAsync(content, http.RequestAborted);
                }

                return;
            }

            received = Convert.ToHexString(await SHA256.HashDataAsync(http.Request.Body, http.RequestAborted));
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync("{\"id\":\"file-1\"}", http.RequestAborted);
        });
        using var folder = new TempFolder();
        await using var process = await GatewayProcess.StartAsync(
            folder.Path, $"--Gateway:AdminKey={GatewayHost.AdminKey}", "--Gateway:Providers:fake:Kind=openai", $"--Gateway:Providers:fake:BaseUrl={AddressOf(upstream)}/v1");
        using var caller = await CallerAsync(process);
        var memory = new ProcessMemory(process.Id);
        (await SendAsync(caller, content, 1)).Dispose();
        var before = memory.Now;
        memory.ForgetPeak();

        using var uploaded = await SendAsync(caller, content, Pieces);
        using var fetched = await caller.GetAsync(new Uri("/v1/files/file-1/content", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Cancel);
        var came = Convert.ToHexString(await SHA256.HashDataAsync(await fetched.Content.ReadAsStreamAsync(Cancel), Cancel));

        Assert.Equal(HttpStatusCode.OK, uploaded.StatusCode);
        Assert.Equal(await HashAsync(new Form(content, Pieces)), received);
        Assert.Equal(await HashAsync(new Form(content, Pieces) { IsBare = true }), came);
        Assert.True(memory.Peak - before <= Slack, $"Memory grew from {before} to {memory.Peak} MiB.");
        Assert.Empty(Directory.EnumerateFiles(folder.File("data/uploads")));
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient caller, byte[] piece, int pieces)
    {
        using var form = new Form(piece, pieces);
        return await caller.PostAsync(new Uri("/v1/files", UriKind.Relative), form, Cancel);
    }

    private static async Task<string> HashAsync(Form form)
    {
        using var hash = new HashStream();
        await form.CopyToAsync(hash, Cancel);
        form.Dispose();
        return hash.Hash;
    }

    private static async Task<HttpClient> CallerAsync(GatewayProcess process)
    {
        using var admin = new HttpClient { BaseAddress = process.Address };
        admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", GatewayHost.AdminKey);
        using var created = await admin.PostAsJsonAsync("/admin/keys", new { name = "test" }, Cancel);
        var key = (await created.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("key").GetString();
        var caller = new HttpClient { BaseAddress = process.Address, Timeout = TimeSpan.FromMinutes(3) };
        caller.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return caller;
    }

    private static async Task<WebApplication> StartUpstreamAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync(Cancel);
        return app;
    }

    private static string AddressOf(WebApplication app) => app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();

    /// <summary>A form whose file is one piece over and over, never whole in memory.</summary>
    private sealed class Form : HttpContent
    {
        private readonly byte[] _head = Encoding.ASCII.GetBytes($"--{Forms.Boundary}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--{Forms.Boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n");
        private readonly byte[] _end = Encoding.ASCII.GetBytes($"\r\n--{Forms.Boundary}--\r\n");
        private readonly byte[] _piece;
        private readonly int _pieces;

        public Form(byte[] piece, int pieces)
        {
            (_piece, _pieces) = (piece, pieces);
            Headers.ContentType = MediaTypeHeaderValue.Parse($"multipart/form-data; boundary={Forms.Boundary}");
        }

        public bool IsBare { get; init; }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(IsBare ? [] : _head, Cancel);
            for (var i = 0; i < _pieces; i++)
            {
                await stream.WriteAsync(_piece, Cancel);
            }

            await stream.WriteAsync(IsBare ? [] : _end, Cancel);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _head.Length + ((long)_piece.Length * _pieces) + _end.Length;
            return true;
        }
    }

    private sealed class HashStream : Stream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public string Hash => Convert.ToHexString(_hash.GetCurrentHash());

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => _hash.AppendData(buffer.AsSpan(offset, count));

        protected override void Dispose(bool disposing)
        {
            _hash.Dispose();
            base.Dispose(disposing);
        }
    }
}
