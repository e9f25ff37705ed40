using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace Gateway.UnitTests.Providers;

/// <summary>Answers each address with a given text, anything else with 404, and remembers what it was asked.</summary>
internal sealed class StubHandler(params (string Address, string Body)[] answers) : HttpMessageHandler
{
    public ConcurrentQueue<HttpRequestMessage> Requests { get; } = [];

    /// <summary>Addresses that never answer.</summary>
    public HashSet<string> Silent { get; } = [];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Enqueue(request);
        string address = request.RequestUri?.ToString() ?? "";
        if (Silent.Contains(address))
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
        }

        string? body = answers.FirstOrDefault(answer => answer.Address == address).Body;
        return body is null
            ? new HttpResponseMessage(HttpStatusCode.NotFound)
            : new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
    }
}
