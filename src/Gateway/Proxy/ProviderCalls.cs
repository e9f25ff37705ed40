using Gateway.Providers;
using Microsoft.Extensions.Options;

namespace Gateway.Proxy;

/// <summary>Small questions that the gateway itself asks a provider, with its own credential.</summary>
internal sealed class ProviderCalls(IOptions<TimeoutOptions> timeouts, TimeProvider time)
{
    /// <summary>Of one answer, in bytes: a page of a thousand files has 300 KB.</summary>
    private const int MaxBytes = 16 << 20;

    /// <summary>The answer to a GET where it is a 200; null where it is anything else, or none.</summary>
    public async Task<byte[]?> GetAsync(Provider provider, string path, string query, CancellationToken cancel)
    {
        using var kept = new MemoryStream();
        var isRead = await ReadAsync(provider, path, query, chunk =>
        {
            kept.Write(chunk.Span);
            return kept.Length <= MaxBytes;
        }, cancel);
        return isRead ? kept.ToArray() : null;
    }

    /// <summary>Hands over an answer piece by piece, whatever its length.</summary>
    /// <param name="provider">Whom to ask.</param>
    /// <param name="path">The path below its base address.</param>
    /// <param name="query">The query, or nothing.</param>
    /// <param name="take">Takes a piece; false ends the reading.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>Whether there was a 200 and it was read to its end.</returns>
    public async Task<bool> ReadAsync(Provider provider, string path, string query, Func<ReadOnlyMemory<byte>, bool> take, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(timeouts.Value.FirstByteSeconds), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, provider.Address(path, null, query));
            provider.Authorize(request);
            using var response = await provider.Client.SendAsync(request, both.Token);
            if ((int)response.StatusCode != StatusCodes.Status200OK)
            {
                return false;
            }

            await using var body = await response.Content.ReadAsStreamAsync(both.Token);
            var chunk = new byte[64 * 1024];
            while (await body.ReadAsync(chunk, both.Token) is var read and > 0)
            {
                if (!take(chunk.AsMemory(0, read)))
                {
                    return false;
                }
            }

            return true;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException || (failure is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return false;
        }
    }
}
