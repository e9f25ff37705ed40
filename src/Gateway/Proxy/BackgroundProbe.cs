using System.Buffers;
using Gateway.OpenAi;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>Asks a provider how far a response has come.</summary>
internal sealed class BackgroundProbe(TimeProvider time)
{
    private const int ChunkBytes = 16 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The provider's words for a response that is still to come; every other word is an end.</summary>
    public static bool IsUnfinished(string? progress) => progress is null or "queued" or "in_progress";

    /// <returns>What it says; null where it says nothing that helps. A response that is gone has ended.</returns>
    public async Task<BackgroundAnswer?> AskAsync(Provider provider, string id, CancellationToken cancel)
    {
        using var clock = new CancellationTokenSource(Patience, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancel);
        using var request = new HttpRequestMessage(HttpMethod.Get, provider.Address($"responses/{Uri.EscapeDataString(id)}", null, ""));
        provider.Authorize(request);
        try
        {
            using var response = await provider.Client.SendAsync(request, deadline.Token);
            return (int)response.StatusCode switch
            {
                404 or 410 => new BackgroundAnswer(null, "gone"),
                >= 200 and < 300 => await ReadAsync(response.Content, deadline.Token),
                _ => null,
            };
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }

    private static async Task<BackgroundAnswer> ReadAsync(HttpContent content, CancellationToken cancel)
    {
        using var reader = new AnswerReader(ApiEndpoint.ResponsesById, AnswerForm.Json, leaveOutUsageChunk: false, ApiEndpoint.ResponsesById.UsagePaths ?? UsagePaths.Default, sink: null);
        await using var stream = await content.ReadAsStreamAsync(cancel);
        var chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            while (await stream.ReadAsync(chunk, cancel) is var read and > 0)
            {
                reader.Pass(chunk, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        reader.Complete();
        return new BackgroundAnswer(reader.Usage, reader.Status);
    }
}
