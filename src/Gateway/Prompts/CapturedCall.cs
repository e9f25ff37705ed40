using Gateway.OpenAi;
using Gateway.Storage;

namespace Gateway.Prompts;

/// <summary>What is known of the call whose prompt and answer are kept: enough to find and to erase them.</summary>
internal sealed record CapturedCall(RequestId Id, DateTimeOffset Time, KeyId? KeyId, string? TeamId, string? User, ApiEndpoint Endpoint, string? Model);
