using Gateway.Bench.Processes;

namespace Gateway.Bench.Candidates;

/// <summary>
/// Portkey's gateway from npm: one node process that maps fields and forwards, without keys, quotas or a ledger.
/// Its streams need @hono/node-server overridden to 1.12.2 in package.json; with 1.19.19 they answer 500.
/// </summary>
internal static class Portkey
{
    public static ChildProcess Start(string packages, int port)
    {
        var folder = Path.GetFullPath(packages);
        var script = Path.Combine(folder, "node_modules/@portkey-ai/gateway/build/start-server.js");
        if (!File.Exists(script))
        {
            throw new FileNotFoundException("--portkey names a folder without node_modules/@portkey-ai/gateway.", script);
        }

        var environment = new Dictionary<string, string> { ["NODE_ENV"] = "production" };
        return ChildProcess.Start("Portkey", "node", [script, "--headless", $"--port={port}"], folder, environment);
    }

    public static string Headers(int upstreamPort) =>
        $"Authorization: Bearer sk-mock\r\nx-portkey-provider: openai\r\nx-portkey-custom-host: http://127.0.0.1:{upstreamPort}/v1\r\n";
}
