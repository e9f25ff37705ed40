using System.Security.Cryptography;
using System.Text;
using Gateway.Storage;

namespace Gateway.Keys;

/// <summary>
/// The admin key: the one from the settings, else the one in <c>admin-key</c> below the data directory, which the first start makes.
/// Kept as a hash, so that comparing takes the same time whatever was sent.
/// </summary>
internal sealed class AdminKey
{
    public const int MinLength = 16;

    private const string Prefix = "gw-admin-";
    private const string FileName = "admin-key";
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>43 of 62 characters are just over 256 bits.</summary>
    private const int RandomLength = 43;

    private readonly byte[] _hash;

    private AdminKey(string secret, string? filePath, bool isNew)
    {
        _hash = Hash(secret);
        FilePath = filePath;
        ShownOnce = isNew ? secret : null;
    }

    /// <summary>Where the key can be read again; null where the settings hold it.</summary>
    public string? FilePath { get; }

    /// <summary>The key itself, only where this start made it: for the terminal, and for nothing else.</summary>
    public string? ShownOnce { get; }

    public static AdminKey Open(string dataDirectory, string? configured)
    {
        if (configured is not null)
        {
            return configured.Length >= MinLength
                ? new AdminKey(configured, null, isNew: false)
                : throw new StartRefusedException($"Gateway:AdminKey has {configured.Length} characters; at least {MinLength} are needed.", null);
        }

        DataDirectory.Ensure(dataDirectory);
        var path = Path.Combine(Path.GetFullPath(dataDirectory), FileName);
        try
        {
            return File.Exists(path) ? Read(path) : Make(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"The admin key in '{path}' can't be read or written: {failure.Message} Or set Gateway:AdminKey.", failure);
        }
    }

    public bool Matches(string presented) => CryptographicOperations.FixedTimeEquals(Hash(presented), _hash);

    private static AdminKey Read(string path)
    {
        var secret = File.ReadAllText(path).Trim();
        return secret.Length >= MinLength
            ? new AdminKey(secret, path, isNew: false)
            : throw new StartRefusedException($"The file '{path}' holds no admin key of at least {MinLength} characters. Delete it, and the next start makes one.", null);
    }

    private static AdminKey Make(string path)
    {
        var secret = Prefix + RandomNumberGenerator.GetString(Alphabet, RandomLength);
        var temporary = $"{path}.{Guid.NewGuid():N}";
        try
        {
            using (var file = DataDirectory.OpenOwnerOnly(temporary, FileMode.CreateNew))
            {
                file.Write(Encoding.ASCII.GetBytes(secret + "\n"));
                file.Flush(flushToDisk: true);
            }

            // Whole or not at all, and never over one that another start made meanwhile.
            File.Move(temporary, path, overwrite: false);
            return new AdminKey(secret, path, isNew: true);
        }
        catch (IOException) when (File.Exists(path))
        {
            return Read(path);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
