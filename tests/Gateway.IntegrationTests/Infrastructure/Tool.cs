using System.Diagnostics;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>A program of the system that tests use, run to its end.</summary>
internal static class Tool
{
    /// <returns>The exit code, and all that it said.</returns>
    public static async Task<(int Code, string Said)> RunAsync(string program, IEnumerable<string> args, CancellationToken cancel)
    {
        using var process = Process.Start(new ProcessStartInfo(program, args) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })
            ?? throw new InvalidOperationException($"{program} did not start.");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        var errors = process.StandardError.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return (process.ExitCode, await output + await errors);
    }
}
