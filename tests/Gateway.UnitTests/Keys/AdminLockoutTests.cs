using System.Net;
using Gateway.Keys;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.UnitTests.Keys;

public sealed class AdminLockoutTests
{
    private static readonly IPAddress Address = IPAddress.Parse("192.0.2.7");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void The_fifth_wrong_try_locks_and_a_minute_unlocks_to_the_tick()
    {
        var lockout = new AdminLockout(_time);
        Fail(lockout, Address, 4);
        Assert.Null(lockout.LockedFor(Address));

        Fail(lockout, Address, 1);

        Assert.Equal(TimeSpan.FromMinutes(1), lockout.LockedFor(Address));
        _time.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));
        Assert.Equal(TimeSpan.FromTicks(1), lockout.LockedFor(Address));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(lockout.LockedFor(Address));
    }

    [Fact]
    public void Tries_a_minute_apart_do_not_add_up()
    {
        var lockout = new AdminLockout(_time);
        Fail(lockout, Address, 4);

        _time.Advance(TimeSpan.FromMinutes(1));
        Fail(lockout, Address, 1);

        Assert.Null(lockout.LockedFor(Address));
    }

    [Fact]
    public void Tries_within_the_minute_add_up()
    {
        var lockout = new AdminLockout(_time);
        Fail(lockout, Address, 4);

        _time.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));
        Fail(lockout, Address, 1);

        Assert.NotNull(lockout.LockedFor(Address));
    }

    [Fact]
    public void The_right_key_forgets_wrong_tries()
    {
        var lockout = new AdminLockout(_time);
        Fail(lockout, Address, 4);

        lockout.Succeeded(Address);
        Fail(lockout, Address, 4);

        Assert.Null(lockout.LockedFor(Address));
    }

    [Theory]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    public void An_address_is_one_of_version_4_or_a_64_bit_network(string tries, string asks, bool locked)
    {
        var lockout = new AdminLockout(_time);

        Fail(lockout, IPAddress.Parse(tries), 5);

        Assert.Equal(locked, lockout.LockedFor(IPAddress.Parse(asks)) is not null);
    }

    private static void Fail(AdminLockout lockout, IPAddress address, int times)
    {
        for (var n = 0; n < times; n++)
        {
            lockout.Failed(address);
        }
    }
}
