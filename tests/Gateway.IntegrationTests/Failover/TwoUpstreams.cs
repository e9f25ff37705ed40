using Gateway.IntegrationTests.Infrastructure;

namespace Gateway.IntegrationTests.Failover;

/// <summary>A gateway whose model <c>gpt-4o</c> has the targets a (model-a) and b (model-b), and b only as a reserve so that a is always asked first.</summary>
internal static class TwoUpstreams
{
    public static string Answer(string who) =>
        $$$"""{"id":"{{{who}}}","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi from {{{who}}}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}""";

    public static Task<GatewayHost> StartAsync(FakeUpstream a, FakeUpstream b, params string[] settings) => StartAsync(a.BaseUrl, b.BaseUrl, settings);

    public static Task<GatewayHost> StartAsync(string a, string b, params string[] settings) => GatewayHost.StartAsync(
    [
        $"--Gateway:Providers:a:BaseUrl={a}", "--Gateway:Providers:a:ApiKey=sk-upstream-secret-of-a-0123456789",
        $"--Gateway:Providers:b:BaseUrl={b}", "--Gateway:Providers:b:ApiKey=sk-upstream-secret-of-b-0123456789",
        "--Gateway:Models:0:Name=gpt-4o",
        "--Gateway:Models:0:Targets:0:Provider=a", "--Gateway:Models:0:Targets:0:Model=model-a",
        "--Gateway:Models:0:Targets:1:Provider=b", "--Gateway:Models:0:Targets:1:Model=model-b", "--Gateway:Models:0:Targets:1:Weight=0",
        .. settings,
    ]);
}
