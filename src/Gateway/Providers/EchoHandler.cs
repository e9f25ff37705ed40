using System.Net;
using System.Net.Http.Headers;
using Gateway.Tokens;

namespace Gateway.Providers;

/// <summary>
/// The upstream of the built-in model <c>echo</c>, in process: answers as OpenAI's API would, with the last user message's text
/// (chat), the prompt (completions) or a made-up vector (embeddings), and true usage, counted in o200k_base. It stands where
/// a provider's HTTP client stands, so everything between caller and provider applies to it.
/// </summary>
internal sealed class EchoHandler(TokenCounter counter, PromptCounter prompts, TimeProvider time) : HttpMessageHandler
{
    private static readonly MediaTypeHeaderValue EventStream = new("text/event-stream", "utf-8");
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    public static readonly IReadOnlyList<string> Endpoints = ["chat/completions", "completions", "embeddings"];

    /// <summary>The built-in provider's settings. The address is never connected to: this handler answers.</summary>
    public static ProviderOptions Options()
    {
        var options = new ProviderOptions { BaseUrl = "http://echo.invalid/v1" };
        options.Endpoints.AddRange(Endpoints);
        return options;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var path = request.RequestUri?.AbsolutePath ?? "";
        var endpoint = Endpoints.FirstOrDefault(known => path.EndsWith("/" + known, StringComparison.Ordinal));
        if (endpoint is null || request.Content is not { } content)
        {
            return Answer(request, HttpStatusCode.NotFound);
        }

        // YARP's content can only be copied from, not read as a stream.
        var body = new EchoBody((int)Math.Clamp(content.Headers.ContentLength ?? 0, 0, 64 << 20));
        try
        {
            await content.CopyToAsync(body, cancellationToken);
            if (EchoRequest.Read(body.Written, endpoint) is not { } ask)
            {
                await body.DisposeAsync();
                return Answer(request, HttpStatusCode.BadRequest);
            }

            var response = Answer(request, HttpStatusCode.OK);
            response.Content = new StreamContent(new EchoStream(Parts(ask), body));
            response.Content.Headers.ContentType = ask.Stream && endpoint != "embeddings" ? EventStream : Json;
            return response;
        }
        catch
        {
            await body.DisposeAsync();
            throw;
        }
    }

    private static HttpResponseMessage Answer(HttpRequestMessage request, HttpStatusCode status) =>
        new(status) { RequestMessage = request, Version = request.Version };

    private IAsyncEnumerable<ReadOnlyMemory<byte>> Parts(EchoRequest ask)
    {
        var now = time.GetUtcNow();
        var isChat = ask.Endpoint == "chat/completions";
        var id = (isChat ? "chatcmpl-" : "cmpl-") + Guid.CreateVersion7(now).ToString("N");
        var writer = new EchoWriter(id, now.ToUnixTimeSeconds(), ask.Model, isChat);
        if (ask.Endpoint == "embeddings")
        {
            return new EchoEmbeddings(ask, writer, prompts).WholeAsync(CancellationToken.None);
        }

        var answer = new EchoAnswer(ask, writer, counter, prompts);
        return ask.Stream ? answer.StreamAsync(CancellationToken.None) : answer.WholeAsync(CancellationToken.None);
    }
}
