using Gateway.RealClients;

(string Name, Func<Steps, Task> Run)[] clients =
[
    ("dotnet-openai", OpenAiClient.RunAsync),
    ("dotnet-anthropic", AnthropicClient.RunAsync),
    ("dotnet-extensions-ai", ExtensionsAiClient.RunAsync),
    ("dotnet-semantic-kernel", SemanticKernelClient.RunAsync),
];

var failed = 0;
foreach (var (name, run) in clients)
{
    var steps = new Steps(name);
    await run(steps);
    steps.Done();
    failed += steps.Failed;
}

return failed > 0 ? 1 : 0;
