using System.Globalization;

namespace Gateway.IntegrationTests.Streams;

/// <summary>A process's resident memory as Linux tells it, in MiB.</summary>
internal sealed class ProcessMemory(int processId)
{
    public long Now => Read("VmRSS:");

    /// <summary>The most it had since <see cref="ForgetPeak"/>.</summary>
    public long Peak => Read("VmHWM:");

    public void ForgetPeak() => File.WriteAllText($"/proc/{processId}/clear_refs", "5");

    private long Read(string name) =>
        File.ReadLines($"/proc/{processId}/status").Where(line => line.StartsWith(name, StringComparison.Ordinal))
            .Select(line => long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024)
            .Single();
}
