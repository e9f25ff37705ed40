using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Webhooks;

/// <summary>Signs as the Standard Webhooks convention says, so that receivers can check with a library they have: HMAC-SHA256 over id, time of sending and body.</summary>
internal sealed class WebhookSignature(string secret)
{
    public const string SecretPrefix = "whsec_";

    public const int LeastSecretBytes = 24;

    public const int MostSecretBytes = 64;

    private readonly byte[] _key = Convert.FromBase64String(secret[SecretPrefix.Length..]);

    public string Of(string id, long unixSeconds, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hmac.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{unixSeconds}.")));
        hmac.AppendData(body);
        return $"v1,{Convert.ToBase64String(hmac.GetHashAndReset())}";
    }
}
