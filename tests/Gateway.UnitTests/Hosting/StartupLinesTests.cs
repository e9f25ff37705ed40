using Gateway.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Gateway.UnitTests.Hosting;

public sealed class StartupLinesTests
{
    private const string FreshKey = "gw-admin-0123456789abcdef0123456789";

    private static readonly StartupFacts Facts = new()
    {
        Version = "0.1.0",
        Addresses = ["http://[::]:4000"],
        DataDirectory = "/srv/data",
        AdminKeyPath = "data/admin-key",
        FreshAdminKey = FreshKey,
        Providers = [("openai", "OPENAI_API_KEY"), ("ollama", "127.0.0.1:11434")],
        Models = ["echo", "gpt-*", "qwen3:8b"],
        HasEcho = true,
    };

    [Fact]
    public void The_terminal_shows_what_is_there_and_what_to_paste()
    {
        var terminal = new StringWriter();

        StartupLines.Say(Facts, terminal, new ListLogger());

        Assert.Equal(
            """

            Gateway 0.1.0 listens on http://[::]:4000
              data       /srv/data
              admin key  data/admin-key
              providers  openai (OPENAI_API_KEY), ollama (127.0.0.1:11434)
              models     echo, gpt-*, qwen3:8b; provider/model

            A new admin key was made. It is shown this once:
              gw-admin-0123456789abcdef0123456789

            Make a key for a caller:
              KEY=$(curl -s http://localhost:4000/admin/keys -H "Authorization: Bearer $(cat data/admin-key)" --json '{"name":"first"}' | sed -n 's/.*"key": *"\([^"]*\)".*/\1/p')

            A first streamed answer, from the built-in model:
              curl -N http://localhost:4000/v1/chat/completions -H "Authorization: Bearer $KEY" --json '{"model":"echo","stream":true,"messages":[{"role":"user","content":"Hello, gateway"}]}'

            In an OpenAI SDK:
              base_url="http://localhost:4000/v1",
              api_key="sk-gw-…",   # echo $KEY shows it


            """, terminal.ToString(), ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void A_log_never_holds_the_admin_key()
    {
        var log = new ListLogger();

        StartupLines.Say(Facts, null, log);

        Assert.NotEmpty(log.Lines);
        Assert.All(log.Lines, line => Assert.DoesNotContain(FreshKey, line, StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.Contains("http://[::]:4000", StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.Contains("data/admin-key", StringComparison.Ordinal));
    }

    [Fact]
    public void A_configured_admin_key_is_asked_for_by_a_variable()
    {
        string text = string.Join('\n', StartupLines.ForTerminal(Facts with { AdminKeyPath = null, FreshAdminKey = null }));

        Assert.Contains("from the setting Gateway:AdminKey", text, StringComparison.Ordinal);
        Assert.Contains("Bearer $ADMIN_KEY\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("A new admin key", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_but_the_built_in_model_says_how_to_get_more()
    {
        string text = string.Join('\n', StartupLines.ForTerminal(Facts with { Providers = [], Models = ["echo"] }));

        Assert.Contains("none yet; set OPENAI_API_KEY", text, StringComparison.Ordinal);
        Assert.Contains("models     echo\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_with_spaces_and_quotes_is_one_word_to_the_shell()
    {
        string text = string.Join('\n', StartupLines.ForTerminal(Facts with { AdminKeyPath = "/my data/it's/admin-key" }));

        Assert.Contains(@"$(cat '/my data/it'\''s/admin-key')", text, StringComparison.Ordinal);
    }

    private sealed class ListLogger : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
