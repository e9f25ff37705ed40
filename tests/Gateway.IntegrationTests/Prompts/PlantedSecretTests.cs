using System.Text;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Prompts;

/// <summary>Secrets are sent in every way there is through a gateway that writes everything it can, and then looked for in everything it wrote and said.</summary>
public sealed class PlantedSecretTests
{
    private const string ProviderKey = "planted-provider-credential-7Q";
    private const string AdminKey = "planted-admin-credential-9Z";
    private const string VendorKey = "sk-proj-plantedVendorKey0123456789";
    private const string Email = "planted.person@example.com";
    private const string Card = "4111 1111 1111 1111";

    private static readonly string Secrets = $"{VendorKey} {Email} {Card} {ProviderKey} {AdminKey}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Planted_secrets_are_nowhere()
    {
        await using var upstream = FakeUpstream.Start(AnswerAsync);
        using var folder = new TempFolder();
        var log = folder.File("events.jsonl");
        var said = new StringBuilder();
        string key;
        string output;
        await using (var gateway = await GatewayProcess.StartAsync(
            folder.Path,
            "--Gateway:Providers:fake:Kind=openai", $"--Gateway:Providers:fake:BaseUrl={upstream.BaseUrl}", $"--Gateway:Providers:fake:ApiKey={ProviderKey}",
            $"--Gateway:AdminKey={AdminKey}",
            "--Serilog:MinimumLevel:Default=Debug", "--Serilog:MinimumLevel:Override:Gateway.PromptLog=Information",
            "--Serilog:WriteTo:0:Name=Console", "--Serilog:WriteTo:1:Name=File", $"--Serilog:WriteTo:1:Args:path={log}"))
        {
            using var admin = Client(gateway.Address, AdminKey);
            key = await NewKeyAsync(admin);
            using var caller = Client(gateway.Address, key);
            foreach (var body in Bodies(key))
            {
                using var response = await caller.CallAsync(body, cancel: Cancel);
                said.Append(response.Headers);
                // What a caller sent may come back to that caller; what the gateway says of itself may not hold a credential.
                await response.Content.ReadAsStringAsync(Cancel);
                await GatewayHost.RowAsync(admin, response.RequestId());
            }

            using (var stranger = Client(gateway.Address, key + "x"))
            using (var refused = await stranger.CallAsync(Caller.Chat, cancel: Cancel))
            {
                said.Append(await refused.Content.ReadAsStringAsync(Cancel));
            }

            said.Append(await admin.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancel));
            said.Append(await admin.GetStringAsync(new Uri("/admin/requests", UriKind.Relative), Cancel));
            said.Append(await admin.GetStringAsync(new Uri("/admin/requests/export", UriKind.Relative), Cancel));
            said.Append(await admin.GetStringAsync(new Uri("/admin/feedback", UriKind.Relative), Cancel));
            said.Append(await admin.GetStringAsync(new Uri("/admin/keys", UriKind.Relative), Cancel));
            gateway.Terminate();
            Assert.Equal(0, await gateway.ExitCodeAsync(TimeSpan.FromSeconds(30)));
            output = gateway.Output;
        }

        // The haystack is the right one.
        Assert.NotEmpty(await PromptFiles.HoldingAsync(folder.Path, "harmless question"));
        Assert.Contains("harmless question", await File.ReadAllTextAsync(log, Cancel), StringComparison.Ordinal);
        foreach (var secret in (string[])[key, ProviderKey, AdminKey, VendorKey, Email, "planted.person", Card, "4111111111111111", "plantedVendorKey"])
        {
            Assert.Empty(await PromptFiles.HoldingAsync(folder.Path, secret));
            Assert.DoesNotContain(secret, output, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, said.ToString(), StringComparison.Ordinal);
        }
    }

    private static IEnumerable<string> Bodies(string key)
    {
        var all = $"{Secrets} {key}";
        yield return Body("fake/m", $"harmless question {all}", stream: false);
        yield return Body("fake/m", $"harmless question {all}", stream: true);
        yield return Body("fake/m", Escaped(all), stream: true);
        yield return Body("fake/m", JsonSerializer.Serialize(new { inner = Escaped(all) }), stream: false);
        yield return $$$"""{"model":"fake/m","user":"{{{VendorKey}}}","messages":[{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":\"planted.person\\u0040example.com\",\"k\":\"{{{key}}}\"}"}}]}]}""";
        yield return $$"""{"model":"{{VendorKey}}","user":"{{key}}","messages":[]}""";
        yield return $$"""{"model":"fake/m","card":4111111111111111,"{{Email}}":1,"messages":[{"role":"user","content":"x"}]}""";
        yield return Body("fake/m", new string('x', 65_500) + " " + all, stream: false);
        yield return Body("fake/fails", all, stream: false);
    }

    private static string Body(string model, string content, bool stream) =>
        $$"""{"model":"{{model}}","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":{{JsonSerializer.Serialize(content)}}}]}""".Replace("\\\\u0", "\\u0", StringComparison.Ordinal);

    private static string Escaped(string text) => string.Concat(text.Select(letter => $"\\u{(int)letter:x4}"));

    /// <summary>Answers with the secrets: in pieces, in tool calls, in errors.</summary>
    private static async Task AnswerAsync(UpstreamCall call)
    {
        if (call.BodyText.Contains("fails", StringComparison.Ordinal))
        {
            await call.RespondAsync($$$"""{"error":{"message":"bad key {{{ProviderKey}}}","type":"x","code":null}}""", 500);
            return;
        }

        if (!call.BodyText.Contains("\"stream\":true", StringComparison.Ordinal))
        {
            await call.RespondAsync(
                $$$"""{"id":"chatcmpl-1","choices":[{"index":0,"message":{"content":"harmless question {{{Secrets}}}","tool_calls":[{"index":0,"function":{"name":"f","arguments":"{\"e\":\"planted.person\\u0040example.com\"}"}}]}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}""");
            return;
        }

        await call.BeginChunkedAsync("text/event-stream");
        foreach (var piece in Secrets.Chunk(3))
        {
            var text = new string(piece);
            await call.ChunkAsync(Sse.Delta(text));
            await call.ChunkAsync($$$"""data: {"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{{{text}}}"}}]}}]}""" + "\n\n");
        }

        await call.ChunkAsync(Sse.Usage + Sse.Done);
        await call.EndChunksAsync();
    }

    private static HttpClient Client(Uri address, string key) => new()
    {
        BaseAddress = address,
        Timeout = TimeSpan.FromSeconds(30),
        DefaultRequestHeaders = { Authorization = new("Bearer", key) },
    };

    private static async Task<string> NewKeyAsync(HttpClient admin)
    {
        using var content = new StringContent("""{"name":"test"}""", Encoding.UTF8, "application/json");
        using var response = await admin.PostAsync(new Uri("/admin/keys", UriKind.Relative), content, Cancel);
        using var key = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel));
        return key.RootElement.GetProperty("key").GetString() ?? "";
    }
}
