using System.Security.Cryptography;
using System.Text.Json;

namespace Gateway.Providers;

/// <summary>
/// A provider with the number of catalogs that lead to it. Settings that are read anew keep the providers that they do not change, with their
/// connections and all that was learnt of them; the others are disposed of with the last call of the last catalog that knew them.
/// </summary>
internal sealed class SharedProvider(Provider provider, string fingerprint)
{
    private int _catalogs = 1;

    public Provider Provider => provider;

    /// <summary>Equal for equal settings.</summary>
    public string Fingerprint => fingerprint;

    public static string FingerprintOf(ProviderOptions options) => Convert.ToHexString(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(options)));

    /// <summary>Only while a catalog that is in force holds it.</summary>
    public SharedProvider Share()
    {
        Interlocked.Increment(ref _catalogs);
        return this;
    }

    public void Release()
    {
        if (Interlocked.Decrement(ref _catalogs) == 0)
        {
            provider.Dispose();
        }
    }
}
