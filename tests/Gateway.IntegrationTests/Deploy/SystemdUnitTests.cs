using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Deploy;

/// <summary>The shipped unit's own command line starts a gateway and its stop ends it in order; only the places differ.</summary>
public sealed class SystemdUnitTests
{
    private const string Address = "http://127.0.0.1:4000";

    private const string Program = "/opt/gateway/Gateway ";

    [Fact]
    public async Task The_units_command_line_starts_and_stops_a_gateway()
    {
        using var folder = new TempFolder();
        var unit = await File.ReadAllLinesAsync(Repository.PathOf("deploy", "systemd", "gateway.service"), TestContext.Current.CancellationToken);
        var command = Value(unit, "ExecStart");
        Assert.StartsWith(Program, command, StringComparison.Ordinal);
        var state = Path.Combine("/var/lib", Value(unit, "StateDirectory"));
        string[] arguments = [.. command[Program.Length..].Split(' ').Select(argument => argument.Replace(state, folder.Path, StringComparison.Ordinal))];
        Assert.Contains($"--urls={Address}", arguments);

        var free = GatewayProcess.FreeAddress();
        await using var gateway = GatewayProcess.Launch(
            folder.Path,
            new Dictionary<string, string> { ["ASPNETCORE_URLS"] = free },
            [.. arguments.Select(argument => argument.Replace(Address, free, StringComparison.Ordinal))]);
        await gateway.ReadyAsync();
        Assert.True(File.Exists(folder.File("gateway.db")));

        Assert.Equal("SIGTERM", Value(unit, "KillSignal"));
        gateway.Terminate();
        Assert.Equal(0, await gateway.ExitCodeAsync(TimeSpan.FromSeconds(int.Parse(Value(unit, "TimeoutStopSec"), System.Globalization.CultureInfo.InvariantCulture))));
    }

    private static string Value(string[] unit, string name) => unit.Single(line => line.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];
}
