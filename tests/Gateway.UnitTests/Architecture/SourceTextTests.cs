using Xunit;

namespace Gateway.UnitTests.Architecture;

/// <summary>Rules of the house that no analyzer knows.</summary>
public sealed class SourceTextTests
{
    /// <summary>Where a general catch is allowed: the last resort, background loops, and the tap that must not fail the copy.</summary>
    private static readonly string[] GeneralCatches = ["LastResortErrors.cs", "SpendJournal.cs", "KeyChangePoller.cs", "UsageTap.cs", "CountJob.cs", "PromptLog.cs"];

    [Fact]
    public void No_file_is_longer_than_400_lines() =>
        Assert.Empty(SourceTree.Files().Where(file => file.Lines.Length > 400).Select(file => $"{file.Path}: {file.Lines.Length}"));

    [Fact]
    public void A_file_is_named_for_the_type_it_holds() =>
        Assert.Empty(SourceTree.Files().Where(file => file.Room.Length > 0 && !file.Lines.Any(line => line.Contains(TypeName(file.Path), StringComparison.Ordinal))).Select(file => file.Path));

    [Theory]
    [InlineData("#region")]
    [InlineData("NotImplementedException")]
    [InlineData("GetAwaiter().GetResult()")]
    [InlineData("async void")]
    public void The_source_is_free_of(string unwanted) =>
        Assert.Empty(Lines().Where(line => line.Text.Contains(unwanted, StringComparison.Ordinal)).Select(line => line.Place));

    [Fact]
    public void A_to_do_names_an_issue() =>
        Assert.Empty(Lines().Where(line => line.Text.Contains("TODO", StringComparison.Ordinal) && !line.Text.Contains("http", StringComparison.Ordinal)).Select(line => line.Place));

    [Fact]
    public void Only_the_named_files_catch_everything() =>
        Assert.Empty(Lines()
            .Where(line => line.Text.Contains("catch (Exception", StringComparison.Ordinal) && !line.Text.Contains(" when ", StringComparison.Ordinal))
            .Where(line => !GeneralCatches.Contains(Path.GetFileName(line.File)))
            .Select(line => line.Place));

    [Fact]
    public void Only_one_file_writes_an_error_body() =>
        Assert.Empty(Lines().Where(line => line.Text.Contains("\"error\"u8", StringComparison.Ordinal) && line.Text.Contains("WriteStartObject", StringComparison.Ordinal) && !line.File.EndsWith("ErrorResponse.cs", StringComparison.Ordinal)).Select(line => line.Place));

    private static IEnumerable<(string File, string Text, string Place)> Lines() =>
        from file in SourceTree.Files()
        from line in file.Lines.Select((text, index) => (text, index))
        select (file.Path, line.text, $"{file.Path}:{line.index + 1}");

    private static string TypeName(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        return name.Split('.')[0];
    }
}
