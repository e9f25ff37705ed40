namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>A disk of few megabytes that only one gateway's process sees, as its data directory; it goes with the process.</summary>
internal sealed class SmallDisk(string path)
{
    private const int Bytes = 12 << 20;

    /// <summary>Mounts the disk in a namespace of its own and becomes what follows. Whoever is not root borrows being it there.</summary>
    public string[] Command =>
    [
        "unshare", "--mount", .. Environment.UserName == "root" ? Array.Empty<string>() : ["--user", "--map-root-user"],
        "sh", "-c", $"mount -t tmpfs -o size={Bytes} tmpfs \"$0\" && exec \"$@\"", path,
    ];

    /// <summary>Writes until nothing more fits.</summary>
    public void Fill(GatewayProcess gateway)
    {
        using var filler = new FileStream(FillerOf(gateway), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var piece in (int[])[1 << 16, 1 << 12])
        {
            try
            {
                while (true)
                {
                    filler.Write(new byte[piece]);
                }
            }
            catch (IOException)
            {
                // Full, as far as pieces of this size go.
            }
        }
    }

    public void Free(GatewayProcess gateway) => File.Delete(FillerOf(gateway));

    private string FillerOf(GatewayProcess gateway) => $"/proc/{gateway.Id}/root{path}/filler";
}
