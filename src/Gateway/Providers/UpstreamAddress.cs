using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Providers;

/// <summary>
/// Which upstream addresses are never connected to: those that hand out a machine's own credentials (cloud metadata services),
/// link-local ones, where such services live, and the unspecified ones, which are no place but reach this very machine. Loopback and private networks are allowed: local model servers are there.
/// </summary>
internal static class UpstreamAddress
{
    private static readonly string[] MetadataHosts =
        ["metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal"];

    /// <summary>Metadata services outside the link-local range: Alibaba's, Oracle's older one, Azure's wire server, and Google's over IPv6.</summary>
    private static readonly IPAddress[] MetadataAddresses =
        [new([100, 100, 100, 200]), new([192, 0, 0, 192]), new([168, 63, 129, 16]), IPAddress.Parse("fd20:ce::254")];

    /// <summary>AWS's services for an instance, its credentials (::254) and those of its pods (::23) among them.</summary>
    private static readonly IPNetwork AwsLocal = IPNetwork.Parse("fd00:ec2::/32");

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

        if (IPAddress.TryParse(address.IdnHost.Trim('[', ']'), out IPAddress? literal) && IsUnspecified(literal))
        {
            return "an address that can be called is accepted; 0.0.0.0 and :: only say where a server listens, on this machine 127.0.0.1 reaches it";
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
        || IsUnspecified(address)
        || AwsLocal.Contains(address)
        || Array.Exists(MetadataAddresses, metadata => metadata.Equals(address))
        || (EmbeddedIPv4(address) is { } inner
            && (IsLinkLocal(inner) || IsUnspecified(inner) || Array.Exists(MetadataAddresses, metadata => metadata.Equals(inner))));

    /// <summary>0.0.0.0/8 and ::.</summary>
    private static bool IsUnspecified(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        return address.AddressFamily == AddressFamily.InterNetwork ? address.TryWriteBytes(bytes, out _) && bytes[0] == 0 : address.Equals(IPAddress.IPv6Any);
    }

    private static bool IsLinkLocal(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        return address.TryWriteBytes(bytes, out _) && bytes[0] == 169 && bytes[1] == 254;
    }

    /// <summary>The IPv4 address itself, or the one that an IPv6 address leads to: mapped (::ffff:0:0/96), translated (::ffff:0:0:0/96), compatible (::/96), NAT64 (64:ff9b::/96 and 64:ff9b:1::/48), 6to4 (2002::/16).</summary>
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

        // Of the local prefix an operator chooses the length; the usual 96 bits are looked at.
        bool nat64 = BinaryPrimitives.ReadUInt32BigEndian(bytes) == 0x0064_ff9b
            && (bytes[4..12].IndexOfAnyExcept((byte)0) < 0 || BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]) == 1);
        bool translated = bytes[..8].IndexOfAnyExcept((byte)0) < 0 && BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]) == 0xffff_0000;

        // ::1 is loopback and no embedded 0.0.0.1.
        bool compatible = bytes[..12].IndexOfAnyExcept((byte)0) < 0 && !IPAddress.IsLoopback(address);
        return nat64 || translated || compatible || address.IsIPv4MappedToIPv6 ? new IPAddress(bytes[12..]) : null;
    }
}
