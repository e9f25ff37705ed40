using System.Security.Cryptography;
using System.Text;

namespace Gateway.Quotas;

/// <summary>The Lua script that is all of the quota logic inside Redis, and the hash that servers know it by.</summary>
internal sealed class QuotaScript(string text)
{
    private const string ResourceName = "Gateway.Quotas.quota.lua";

    public string Text { get; } = text;

#pragma warning disable CA5350 // Redis names scripts by their SHA-1; nothing is protected by it.
    public byte[] Hash { get; } = SHA1.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350

    public static QuotaScript Load()
    {
        using var stream = typeof(QuotaScript).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new InvalidOperationException($"The resource {ResourceName} is missing from the build.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return new(reader.ReadToEnd());
    }
}
