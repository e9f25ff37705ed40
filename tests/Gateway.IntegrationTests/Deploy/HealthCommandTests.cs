using System.Text.RegularExpressions;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Deploy;

/// <summary>What containers run to learn whether the gateway can serve: the image's own command, as a process.</summary>
public sealed partial class HealthCommandTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_images_health_check_ends_with_0_while_the_gateway_is_ready_and_with_1_else()
    {
        using var folder = new TempFolder();
        var address = GatewayProcess.FreeAddress();
        var before = await AskAsync(address);
        await using var gateway = GatewayProcess.Launch(folder.Path, new Dictionary<string, string> { ["ASPNETCORE_URLS"] = address });
        await gateway.ReadyAsync();
        var ready = await AskAsync(address);
        await using var unready = FakeUpstream.Answering("""{"status":"not_ready","checks":{"database":"unreachable"}}""", 503);
        var away = await AskAsync(unready.BaseUrl.Replace("/v1", "", StringComparison.Ordinal));

        Assert.Equal(1, before.Code);
        Assert.Contains("does not answer", before.Said, StringComparison.Ordinal);
        Assert.Equal(0, ready.Code);
        Assert.StartsWith("200 ", ready.Said, StringComparison.Ordinal);
        Assert.Equal(1, away.Code);
        Assert.Contains("\"database\":\"unreachable\"", away.Said, StringComparison.Ordinal);
        Assert.StartsWith("GET /health/ready ", Assert.Single(unready.Calls).RequestLine, StringComparison.Ordinal);
    }

    [Fact]
    public void Compose_runs_the_same_command_as_the_image()
    {
        var compose = File.ReadAllText(Repository.PathOf("deploy", "compose.yaml"));

        Assert.Contains($"test: [CMD, {string.Join(", ", Command())}]", compose, StringComparison.Ordinal);
    }

    private static string[] Command() =>
        [.. HealthCheck().Match(File.ReadAllText(Repository.PathOf("Dockerfile"))).Groups[1].Value.Split(',').Select(word => word.Trim(' ', '"'))];

    private static Task<(int Code, string Said)> AskAsync(string address)
    {
        var command = Command();
        string[] args = [.. command[1..].Select(word => word == "Gateway.dll" ? Path.Combine(AppContext.BaseDirectory, word) : word)];

        // As a container has it: the address comes from the environment that both share.
        return Tool.RunAsync("env", [$"ASPNETCORE_URLS={address}", command[0], .. args], Cancel);
    }

    [GeneratedRegex(@"^HEALTHCHECK .* CMD \[(.*)\]$", RegexOptions.Multiline)]
    private static partial Regex HealthCheck();
}
