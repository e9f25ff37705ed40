using System.Text.Json;
using Xunit;

namespace Gateway.UnitTests.OpenAi;

/// <summary>A recorded event stream with what is to be found in it. The text is by <c>choice/channel</c>.</summary>
internal sealed record CorpusFile(string Name, byte[] Bytes, byte[] LeftOut, Expectation Expected)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static TheoryData<string> Names => [.. All().Select(file => file.Name)];

    public static IEnumerable<CorpusFile> All() =>
        Directory.GetFiles(Folder, "*.expected.json").Order(StringComparer.Ordinal).Select(path => Load(Path.GetFileName(path).Replace(".expected.json", "", StringComparison.Ordinal)));

    public static CorpusFile Load(string name)
    {
        var bytes = File.ReadAllBytes(Path.Combine(Folder, name + ".sse"));
        var leftOut = Path.Combine(Folder, name + ".left-out.sse");
        var expected = JsonSerializer.Deserialize<Expectation>(File.ReadAllBytes(Path.Combine(Folder, name + ".expected.json")), Json);
        return new CorpusFile(name, bytes, File.Exists(leftOut) ? File.ReadAllBytes(leftOut) : bytes, expected ?? throw new InvalidDataException(name));
    }

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Corpus");
}
