using Gateway.Hosting;
using Microsoft.Extensions.Configuration;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;
using Xunit;

namespace Gateway.UnitTests.Hosting;

public sealed class GatewayLoggingTests
{
    [Theory]
    [InlineData("Gateway.Proxy", LogEventLevel.Information, true)]
    [InlineData("Gateway.Proxy", LogEventLevel.Debug, false)]
    [InlineData("Microsoft.AspNetCore.Hosting", LogEventLevel.Information, false)]
    [InlineData("System.Net.Http", LogEventLevel.Information, false)]
    [InlineData("Yarp.ReverseProxy.Forwarder", LogEventLevel.Information, false)]
    [InlineData("Yarp.ReverseProxy.Forwarder", LogEventLevel.Warning, false)]
    [InlineData("Yarp.ReverseProxy.Forwarder", LogEventLevel.Error, true)]
    public void Frameworks_speak_from_warnings_on(string source, LogEventLevel level, bool heard)
    {
        using Logger logger = Create([]);

        Assert.Equal(heard, logger.ForContext(Constants.SourceContextPropertyName, source).IsEnabled(level));
    }

    [Fact]
    public void The_serilog_section_wins_over_the_defaults()
    {
        using Logger logger = Create([new("Serilog:MinimumLevel:Default", "Error"), new("Serilog:MinimumLevel:Override:Microsoft", "Debug")]);

        Assert.False(logger.ForContext(Constants.SourceContextPropertyName, "Gateway.Proxy").IsEnabled(LogEventLevel.Warning));
        Assert.True(logger.ForContext(Constants.SourceContextPropertyName, "Microsoft.X").IsEnabled(LogEventLevel.Debug));
    }

    [Fact]
    public void A_value_forges_no_line_on_the_terminal()
    {
        var output = new StringWriter();
        MessageTemplate template = new MessageTemplateParser().Parse("user {User} left");
        var happened = new LogEvent(
            new DateTimeOffset(2026, 1, 1, 10, 20, 30, TimeSpan.Zero), LogEventLevel.Warning, new InvalidOperationException("a\r\nb\u001b[31m"), template,
            [new LogEventProperty("User", new ScalarValue("x\n10:20:30 INF all is well\u001b[2J\u202e"))]);

        new TerminalLogText().Format(happened, output);

        string[] lines = output.ToString().Split(Environment.NewLine);
        Assert.Equal(@"10:20:30 WRN user x\u000a10:20:30 INF all is well\u001b[2J\u202e left", lines[0]);
        Assert.All(lines[1..^1], line => Assert.StartsWith("    ", line, StringComparison.Ordinal));
        Assert.DoesNotContain('\u001b', output.ToString());
    }

    [Fact]
    public void A_value_forges_no_line_in_compact_json()
    {
        const string Forged = "x\r\n{\"@t\":1}\u001b[2J\u202e\u2028\u0085\u009b31m\U000e0041";
        var output = new StringWriter();
        MessageTemplate template = new MessageTemplateParser().Parse("user {User} left");
        var happened = new LogEvent(
            new DateTimeOffset(2026, 1, 1, 10, 20, 30, TimeSpan.Zero), LogEventLevel.Warning, new InvalidOperationException(Forged), template,
            [new LogEventProperty("User", new ScalarValue(Forged))]);

        new CompactLogText().Format(happened, output);

        string line = Assert.Single(output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.All(line, letter => Assert.InRange(letter, ' ', '~'));
        using var json = System.Text.Json.JsonDocument.Parse(line);
        Assert.Equal(Forged, json.RootElement.GetProperty("User").GetString());
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("Serilog:MinimumLevel:Default=Verbose", false)]
    [InlineData("Serilog:MinimumLevel:Override:Gateway=Verbose", false)]
    [InlineData("Serilog:MinimumLevel:Override:Gateway.PromptLog=Information", true)]
    public void Prompts_are_events_only_where_they_are_asked_for(string? setting, bool heard)
    {
        using Logger logger = Create(setting?.Split('=') is [var name, var value] ? [new(name, value)] : []);

        Assert.Equal(heard, logger.ForContext(Constants.SourceContextPropertyName, "Gateway.PromptLog").IsEnabled(LogEventLevel.Information));
    }

    [Fact]
    public void A_refused_start_is_told_without_the_hosts_stack()
    {
        var heard = new HeardLines();
        using Logger logger = GatewayLogging.Configure(new LoggerConfiguration(), new ConfigurationBuilder().Build(), isTerminal: true).WriteTo.Sink(heard).CreateLogger();

        logger.Error(new InvalidOperationException("refused"), "Hosting failed to start");
        logger.Error("BackgroundService failed");

        Assert.Equal(["BackgroundService failed"], heard.Templates);
    }

    private sealed class HeardLines : ILogEventSink
    {
        public List<string> Templates { get; } = [];

        public void Emit(LogEvent logEvent) => Templates.Add(logEvent.MessageTemplate.Text);
    }

    private static Logger Create(IEnumerable<KeyValuePair<string, string?>> settings) =>
        GatewayLogging.Configure(new LoggerConfiguration(), new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), isTerminal: false).CreateLogger();
}
