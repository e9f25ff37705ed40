using Gateway.Proxy;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.UnitTests.Proxy;

public sealed class UpstreamDeadlineTests
{
    private static readonly TimeSpan FirstByte = TimeSpan.FromSeconds(600);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(300);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_first_byte_may_take_its_whole_limit_and_no_longer()
    {
        using var deadline = new UpstreamDeadline(_time, FirstByte, Idle);

        _time.Advance(FirstByte - Tick);
        Assert.False(deadline.Expired);
        _time.Advance(Tick);
        Assert.True(deadline.Expired);
    }

    [Fact]
    public void A_read_may_wait_for_the_idle_limit_and_no_longer()
    {
        using var deadline = new UpstreamDeadline(_time, FirstByte, Idle);
        _time.Advance(FirstByte - Tick);
        deadline.AnswerBegan();
        deadline.ReadBegins();

        _time.Advance(Idle - Tick);
        Assert.False(deadline.Expired);
        _time.Advance(Tick);
        Assert.True(deadline.Expired);
    }

    [Fact]
    public void Each_read_has_the_whole_limit()
    {
        using var deadline = new UpstreamDeadline(_time, FirstByte, Idle);
        deadline.AnswerBegan();
        for (var read = 0; read < 10; read++)
        {
            deadline.ReadBegins();
            _time.Advance(Idle - Tick);
            deadline.ReadEnded();
        }

        Assert.False(deadline.Expired);
        deadline.ReadBegins();
        _time.Advance(Idle);
        Assert.True(deadline.Expired);
    }

    [Fact]
    public void Time_that_a_slow_caller_takes_does_not_count()
    {
        using var deadline = new UpstreamDeadline(_time, FirstByte, Idle);
        deadline.AnswerBegan();
        deadline.ReadBegins();
        deadline.ReadEnded();

        _time.Advance(TimeSpan.FromDays(1));

        Assert.False(deadline.Expired);
    }
}
