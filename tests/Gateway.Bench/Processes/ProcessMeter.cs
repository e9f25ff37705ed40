using System.Globalization;

namespace Gateway.Bench.Processes;

/// <summary>CPU time and memory of processes and the children they have when the meter is made (nginx's workers), from /proc.</summary>
internal sealed class ProcessMeter(IReadOnlyList<int> roots, bool withChildren = true)
{
    /// <summary>USER_HZ, the unit of /proc/PID/stat: 100 on every Linux that .NET runs on.</summary>
    private const long MicrosecondsPerTick = 10_000;

    /// <summary>Their ids.</summary>
    public IReadOnlyList<int> Processes { get; } = withChildren ? [.. roots, .. roots.SelectMany(DescendantsOf)] : roots;

    public ProcessMeter(int root, bool withChildren = true)
        : this([root], withChildren)
    {
    }

    public long CpuMicroseconds() => Processes.Sum(CpuMicroseconds);

    public long MemoryBytes() => Processes.Sum(MemoryBytes);

    /// <summary>Open handles: files, sockets and the rest.</summary>
    public int Handles() => Processes.Sum(pid => Directory.EnumerateFileSystemEntries($"/proc/{pid}/fd").Count());

    public int Threads() => Processes.Sum(pid => Directory.EnumerateDirectories($"/proc/{pid}/task").Count());

    private static long CpuMicroseconds(int pid)
    {
        var fields = StatFields(pid);
        return fields.Length == 0 ? 0 : (Number(fields[11]) + Number(fields[12])) * MicrosecondsPerTick;
    }

    private static long MemoryBytes(int pid)
    {
        var line = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return line is null ? 0 : Number(line["VmRSS:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim()) * 1024;
    }

    private static IEnumerable<int> DescendantsOf(int pid)
    {
        var parents = Directory.EnumerateDirectories("/proc")
            .Select(Path.GetFileName)
            .Where(name => int.TryParse(name, CultureInfo.InvariantCulture, out _))
            .Select(name => (Pid: (int)Number(name), Fields: StatFields((int)Number(name))))
            .Where(process => process.Fields.Length > 0)
            .ToLookup(process => (int)Number(process.Fields[1]), process => process.Pid);
        return Below(pid);

        IEnumerable<int> Below(int parent) => parents[parent].SelectMany(child => Below(child).Prepend(child));
    }

    /// <summary>The fields after the command's name, which may itself hold spaces and brackets; none when the process has ended.</summary>
    private static string[] StatFields(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static long Number(string? text) => long.Parse(text ?? "", CultureInfo.InvariantCulture);
}
