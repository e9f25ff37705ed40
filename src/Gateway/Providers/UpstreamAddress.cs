using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Providers;

/// <summary>
/// Which upstream addresses are never connected to: those that hand out a machine's own credentials (cloud metadata services)
/// and link-local ones, where such services live. Loopback and private networks are allowed: local model servers are there.
/// </summary>
internal static class UpstreamAddress
{
    private static readonly string[] MetadataHosts =
        ["metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"];

    /// <summary>Metadata services outside the link-local range: Alibaba's, Oracle's older one, Azure's wire server, and AWS's over IPv6.</summary>
    private static readonly IPAddress[] MetadataAddresses =
        [new([100, 100, 100, 200]), new([192, 0, 0, 192]), new([168, 63, 129, 16]), IPAddress.Parse("fd00:ec2::254")];

    /// <summary>What is wrong with a base address, as the end of a sentence, or null and the address.</summary>
    public static string? Fault(string? text, [NotNullWhen(false)] out Uri? address)
    {
        if (!Uri.TryCreate(text?.Trim(), UriKind.Absolute, out address) || address.Scheme is not ("http" or "https") || address.Host.Length == 0)
        {
            return "an absolute http or https address is accepted, such as https://api.openai.com/v1";
        }

        if (address.UserInfo.Length > 0)
        {
            return "an address without a user or password is accepted; put the credential into ApiKey";
        }

        if (address.Query.Length > 0 || address.Fragment.Length > 0 || address.OriginalString.AsSpan().ContainsAny('?', '#'))
        {
            return "an address without a query or fragment is accepted; put parameters into Query";
        }

        // Without ICU nothing maps such names to ASCII; resolvers may, and full-width digits are digits to some.
        if (address.Host.Any(letter => letter > '~'))
        {
            return "a host in ASCII is accepted; write an international name as xn--…";
        }

        return IsForbidden(address.IdnHost) ? "link-local addresses and cloud metadata services are never called" : null;
    }

    /// <summary>Whether a host as written is forbidden; a name that only resolves to a forbidden address is caught when it is connected to.</summary>
    public static bool IsForbidden(string host)
    {
        string name = host.Trim('[', ']').TrimEnd('.');
        return MetadataHosts.Contains(name, StringComparer.OrdinalIgnoreCase)
            || (IPAddress.TryParse(name, out IPAddress? address) && IsForbidden(address));
    }

    public static bool IsForbidden(IPAddress address) =>
        address.IsIPv6LinkLocal
        || Array.Exists(MetadataAddresses, metadata => metadata.Equals(address))
        || (EmbeddedIPv4(address) is { } inner
            && (IsLinkLocal(inner) || Array.Exists(MetadataAddresses, metadata => metadata.Equals(inner))));

    private static bool IsLinkLocal(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        return address.TryWriteBytes(bytes, out _) && bytes[0] == 169 && bytes[1] == 254;
    }

    /// <summary>The IPv4 address itself, or the one that an IPv6 address leads to: mapped (::ffff:0:0/96), compatible (::/96), NAT64 (64:ff9b::/96), 6to4 (2002::/16).</summary>
    private static IPAddress? EmbeddedIPv4(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return address;
        }

        Span<byte> bytes = stackalloc byte[16];
        if (!address.TryWriteBytes(bytes, out int written) || written != 16)
        {
            return null;
        }

        if (bytes[0] == 0x20 && bytes[1] == 0x02)
        {
            return new IPAddress(bytes[2..6]);
        }

        bool nat64 = BinaryPrimitives.ReadUInt32BigEndian(bytes) == 0x0064_ff9b && bytes[4..12].IndexOfAnyExcept((byte)0) < 0;
        bool compatible = bytes[..12].IndexOfAnyExcept((byte)0) < 0;
        return nat64 || compatible || address.IsIPv4MappedToIPv6 ? new IPAddress(bytes[12..]) : null;
    }
}
