namespace Gateway.IntegrationTests.Storage;

/// <summary>A folder of the test's own, gone with it.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("gateway-test-").FullName;

    public string DatabasePath => System.IO.Path.Combine(Path, "gateway.db");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
