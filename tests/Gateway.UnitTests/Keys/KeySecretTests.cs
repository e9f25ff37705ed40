using System.Security.Cryptography;
using System.Text;
using Gateway.Keys;
using Xunit;

namespace Gateway.UnitTests.Keys;

public sealed class KeySecretTests
{
    [Fact]
    public void A_new_secret_is_well_formed_and_like_no_other()
    {
        var secrets = Enumerable.Range(0, 1_000).Select(_ => KeySecret.Create()).ToHashSet();

        Assert.Equal(1_000, secrets.Count);
        Assert.All(secrets, secret => Assert.Matches("^sk-gw-[A-Za-z0-9]{43}$", secret));
        Assert.All(secrets, secret => Assert.True(KeySecret.IsWellFormed(secret)));
    }

    [Theory]
    [InlineData(31, false)]
    [InlineData(32, true)]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void The_random_part_has_32_to_128_characters(int length, bool expected) =>
        Assert.Equal(expected, KeySecret.IsWellFormed("sk-gw-" + new string('7', length)));

    [Theory]
    [InlineData('-')]
    [InlineData('_')]
    [InlineData('\'')]
    [InlineData('\0')]
    [InlineData('\n')]
    [InlineData('é')]
    [InlineData('٣')]
    public void Only_ascii_letters_and_digits_are_taken(char odd) =>
        Assert.False(KeySecret.IsWellFormed("sk-gw-" + new string('a', 40) + odd));

    [Fact]
    public void A_hash_is_sha256_of_the_whole_secret()
    {
        var secret = "sk-gw-" + new string('a', 128);

        var hash = KeyHash.Of(secret);

        Assert.Equal(SHA256.HashData(Encoding.ASCII.GetBytes(secret)), hash.ToBytes());
        Assert.Equal(hash, KeyHash.FromBytes(hash.ToBytes()));
        Assert.NotEqual(hash, KeyHash.Of("sk-gw-" + new string('a', 127)));
    }
}
