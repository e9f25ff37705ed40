using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.OpenAi;
using Gateway.Providers;
using Gateway.Storage;

namespace Gateway.Console.Playground;

/// <summary>One short prompt to a model, to see whether it answers. A call like any other: it is limited, charged and recorded. Never made by itself.</summary>
internal sealed class TestCall(OwnApi api, Routing routing, TimeProvider time)
{
    public const int MostTokens = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Whether the model can be asked that way.</summary>
    public bool CanAsk(string model) => routing.Current.Resolve(model, ApiEndpoint.ChatCompletions).TryGet(out _, out _);

    /// <summary>What came of it, in a few words, and the call's id.</summary>
    public async Task<TestResult> RunAsync(string model, KeyId key, CancellationToken cancel)
    {
        if (!routing.Current.Resolve(model, ApiEndpoint.ChatCompletions).TryGet(out var route, out var refusal))
        {
            return new(false, refusal.Message, null);
        }

        var body = new JsonObject
        {
            ["model"] = model,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Say OK." }),
            [route.First.Provider.OutputCapField] = MostTokens,
        };
        using var deadline = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        var began = time.GetTimestamp();
        try
        {
            using var response = await api.PostAsync(ApiEndpoint.ChatCompletions.Path, body.ToJsonString(), key, either.Token);
            var answer = new ChatAnswer(time);
            await ChatStream.ReadAsync(response, answer, either.Token);
            var id = response.Headers.TryGetValues("x-request-id", out var ids) ? ids.FirstOrDefault() : null;
            return answer.Error is { } error ? new(false, error, id) : new(true, null, id) { Took = time.GetElapsedTime(began) };
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return new(false, "No answer within a minute.", null);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            return new(false, "The answer broke off.", null);
        }
        catch (JsonException)
        {
            return new(false, "The answer is not in the form of a chat.", null);
        }
    }
}
