using Gateway.Storage;
using Npgsql;
using Xunit;

namespace Gateway.UnitTests.Storage;

public sealed class PostgresAddressTests
{
    [Fact]
    public void The_form_of_a_url_says_the_same_as_names_and_values()
    {
        var settings = Parse("postgresql://me:p%40ss;word@db.example:6432/led%20ger?sslmode=require&Maximum%20Pool%20Size=7");

        Assert.Equal(("db.example", 6432, "led ger", "me", "p@ss;word", SslMode.Require, 7), (settings.Host, settings.Port, settings.Database, settings.Username, settings.Password, settings.SslMode, settings.MaxPoolSize));
    }

    [Fact]
    public void Nobody_waits_long_and_values_stay_out_of_messages_unless_the_operator_says_otherwise()
    {
        var silent = Parse("Host=db;Include Error Detail=true");
        Assert.Equal((3, 5, 20, false), (silent.Timeout, silent.CommandTimeout, silent.MaxPoolSize, silent.IncludeErrorDetail));

        var told = Parse("Host=db;Timeout=15;Command Timeout=30;Maximum Pool Size=100");
        Assert.Equal((15, 30, 100), (told.Timeout, told.CommandTimeout, told.MaxPoolSize));
    }

    [Fact]
    public void Of_several_hosts_the_primary_is_meant() => Assert.Equal("primary", Parse("Host=a,b;Database=x").TargetSessionAttributes);

    [Theory]
    [InlineData("")]
    [InlineData("planted-secret")]
    [InlineData("Database=gateway;Password=planted-secret")]
    [InlineData("Host=db;Password=planted-secret;Prt=5432")]
    [InlineData("Host=db;Port=planted-secret")]
    [InlineData("Host=db;Port=70000")]
    [InlineData("Host=db;Timeout=soon")]
    [InlineData("Host=db;Password='planted-secret")]
    [InlineData("postgresql://")]
    [InlineData("postgres://me:planted-secret@:x/db")]
    [InlineData("postgres://db/x?no_such_thing=1")]
    public void What_can_not_be_read_is_not_read(string text) => Assert.Null(PostgresAddress.Parse(text));

    [Fact]
    public void Its_name_shows_no_credential() => Assert.Equal("db/gateway", PostgresAddress.Parse("Host=db;Database=gateway;Username=me;Password=planted-secret")?.Name);

    private static NpgsqlConnectionStringBuilder Parse(string text) =>
        new((PostgresAddress.Parse(text) ?? throw new InvalidOperationException("It could not be read.")).ConnectionString);
}
