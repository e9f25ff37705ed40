using System.Text;

namespace Gateway.IntegrationTests.Stress;

/// <summary>A copy of the gateway that has the fence cut out of its script: what no setting can do. Nothing else in it differs.</summary>
internal sealed class UnfencedGateway : IDisposable
{
    private const string Fence = "marks[2] ~= replication_id";

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-unfenced-").FullName;

    private UnfencedGateway()
    {
    }

    public string Program => Path.Combine(_folder, "Gateway.dll");

    public static UnfencedGateway Make()
    {
        var copy = new UnfencedGateway();
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory).Where(file => Path.GetExtension(file) is ".dll" or ".json"))
        {
            File.Copy(file, Path.Combine(copy._folder, Path.GetFileName(file)));
        }

        var native = Path.Combine(AppContext.BaseDirectory, "runtimes");
        if (Directory.Exists(native))
        {
            Directory.CreateSymbolicLink(Path.Combine(copy._folder, "runtimes"), native);
        }

        var program = File.ReadAllBytes(copy.Program);
        var at = program.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Fence));
        if (at < 0)
        {
            throw new InvalidOperationException("The fence is not in the script any more.");
        }

        Encoding.ASCII.GetBytes("false".PadRight(Fence.Length)).CopyTo(program, at);
        File.WriteAllBytes(copy.Program, program);
        return copy;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
