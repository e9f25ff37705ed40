using Gateway.Keys;
using Gateway.Storage;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.UnitTests.Console;

public sealed class KeyTicketsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_ticket_opens_its_key_once()
    {
        var tickets = new KeyTickets(_time);
        var key = KeyId.New(_time);
        var ticket = tickets.Issue(key);

        Assert.True(KeyTickets.IsTicket(ticket));
        Assert.Equal(key, tickets.Redeem(ticket));
        Assert.Null(tickets.Redeem(ticket));
    }

    [Fact]
    public void A_ticket_is_too_late_after_a_minute()
    {
        var tickets = new KeyTickets(_time);
        var ticket = tickets.Issue(KeyId.New(_time));

        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Null(tickets.Redeem(ticket));
    }

    [Fact]
    public void What_was_never_issued_opens_nothing() => Assert.Null(new KeyTickets(_time).Redeem("gw-ticket-0000"));
}
