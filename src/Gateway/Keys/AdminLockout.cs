using System.Net;
using System.Net.Sockets;
using BitFaster.Caching.Lru;

namespace Gateway.Keys;

/// <summary>
/// Guessing the admin key: the fifth wrong try within a minute from one address locks it out for a minute. Addresses are remembered up to a bound;
/// an IPv6 network of 64 bits counts as one, since that is what one customer gets.
/// </summary>
internal sealed class AdminLockout(TimeProvider time)
{
    private const int MaxTries = 5;
    private const int MaxAddresses = 10_000;
    private const int NetworkBytes = 8;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly ConcurrentLru<IPAddress, WrongTries> _addresses = new(MaxAddresses);

    /// <summary>How long the address stays locked out; null when it isn't.</summary>
    public TimeSpan? LockedFor(IPAddress? address) =>
        _addresses.TryGet(Network(address), out var tries) ? tries.LockedFor(time.GetUtcNow()) : null;

    public void Failed(IPAddress? address) =>
        _addresses.GetOrAdd(Network(address), static _ => new WrongTries()).Add(time.GetUtcNow());

    public void Succeeded(IPAddress? address) => _addresses.TryRemove(Network(address));

    private static IPAddress Network(IPAddress? address)
    {
        if (address is null)
        {
            return IPAddress.None;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[NetworkBytes..].Clear();
        return new IPAddress(bytes);
    }

    private sealed class WrongTries
    {
        private readonly Lock _lock = new();
        private readonly Queue<DateTimeOffset> _recent = new(MaxTries);
        private DateTimeOffset _lockedUntil;

        public TimeSpan? LockedFor(DateTimeOffset now)
        {
            lock (_lock)
            {
                return _lockedUntil > now ? _lockedUntil - now : null;
            }
        }

        public void Add(DateTimeOffset now)
        {
            lock (_lock)
            {
                while (_recent.TryPeek(out var oldest) && now - oldest >= Window)
                {
                    _recent.Dequeue();
                }

                _recent.Enqueue(now);
                if (_recent.Count >= MaxTries)
                {
                    _lockedUntil = now + Window;
                    _recent.Clear();
                }
            }
        }
    }
}
