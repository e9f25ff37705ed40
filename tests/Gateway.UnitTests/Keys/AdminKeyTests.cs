using Gateway.Keys;
using Gateway.Storage;
using Xunit;

namespace Gateway.UnitTests.Keys;

public sealed class AdminKeyTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("gateway-test-").FullName;

    private string FilePath => Path.Combine(_directory, "admin-key");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_first_start_makes_a_key_and_shows_it_the_next_reads_it()
    {
        var first = AdminKey.Open(_directory, configured: null);
        var second = AdminKey.Open(_directory, configured: null);

        Assert.NotNull(first.ShownOnce);
        Assert.Null(second.ShownOnce);
        Assert.True(second.Matches(first.ShownOnce));
        Assert.Equal(first.ShownOnce + "\n", File.ReadAllText(FilePath));
        Assert.Equal([FilePath], Directory.GetFiles(_directory));
    }

    [Fact]
    public void Only_the_owner_may_read_the_file()
    {
        AdminKey.Open(_directory, configured: null);

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        }
    }

    [Fact]
    public void A_key_in_the_settings_wins_and_nothing_is_written()
    {
        var key = AdminKey.Open(_directory, "sixteen-letters!");

        Assert.True(key.Matches("sixteen-letters!"));
        Assert.False(key.Matches("sixteen-letters"));
        Assert.Null(key.ShownOnce);
        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Theory]
    [InlineData("")]
    [InlineData("fifteen-letters")]
    public void A_short_key_in_the_settings_stops_the_start(string key)
    {
        var refused = Assert.Throws<StartRefusedException>(() => AdminKey.Open(_directory, key));

        Assert.Contains("Gateway:AdminKey", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_file_stops_the_start_and_says_what_to_do()
    {
        File.WriteAllText(FilePath, "\n");

        var refused = Assert.Throws<StartRefusedException>(() => AdminKey.Open(_directory, configured: null));

        Assert.Contains("Delete it", refused.Message, StringComparison.Ordinal);
    }
}
