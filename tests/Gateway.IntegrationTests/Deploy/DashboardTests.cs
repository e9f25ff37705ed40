using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Deploy;

/// <summary>What is shipped for Prometheus and Grafana reads what a gateway writes: a renamed metric fails here, not at three in the morning.</summary>
[Collection(Alone.Name)]
public sealed partial class DashboardTests
{
    private const string Answer = """{"id":"c","object":"chat.completion","model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10,"prompt_tokens_details":{"cached_tokens":4}}}""";

    /// <summary>Empty where all is well, or after days only.</summary>
    private static readonly string[] MayBeEmpty =
        ["Bad answers, objective 0.5 %", "Error budget, burn over 3 days", "Alerts that fire", "Ours, by status", "First token by provider", "Dollars for a million output tokens"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rules_are_right_and_fire_when_they_should_and_only_then()
    {
        var rules = Repository.PathOf("deploy", "prometheus", "gateway.rules.yml");
        string[][] runs = [["check", "rules", rules], ["test", "rules", Repository.PathOf("deploy", "prometheus", "gateway.rules.test.yml")], ["check", "config", "--syntax-only", Repository.PathOf("deploy", "prometheus", "prometheus.yml")]];
        foreach (var run in runs)
        {
            var (code, said) = await Tool.RunAsync("promtool", run, Cancel);
            Assert.True(code == 0, said);
        }
    }

    [Fact]
    public async Task Every_alert_has_a_page_of_the_runbook_and_a_test()
    {
        var rules = await File.ReadAllTextAsync(Repository.PathOf("deploy", "prometheus", "gateway.rules.yml"), Cancel);
        var tests = await File.ReadAllTextAsync(Repository.PathOf("deploy", "prometheus", "gateway.rules.test.yml"), Cancel);
        var pages = await File.ReadAllLinesAsync(Repository.PathOf("docs", "runbooks.md"), Cancel);
        var alerts = AlertLine().Matches(rules).Select(match => match.Groups[1].Value).ToList();

        Assert.Equal(alerts, pages.Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..]));
        Assert.All(alerts, alert => Assert.Contains($"runbook_url: docs/runbooks.md#{alert.ToLowerInvariant()}\n", rules + "\n", StringComparison.Ordinal));
        Assert.All(alerts, alert => Assert.Matches($"alertname: {alert}, exp_alerts: \\[{{", tests));
    }

    [Fact]
    public async Task Every_query_of_dashboards_and_rules_finds_its_series_in_a_live_gateway()
    {
        await using var upstream = FakeUpstream.Start(call => call.BodyText.Contains("\"stream\":true", StringComparison.Ordinal)
            ? StreamAsync(call)
            : call.BodyText.Contains("fail", StringComparison.Ordinal) ? call.RespondAsync("{}", 500)
            : call.RespondAsync(call.BodyText.Contains("bare", StringComparison.Ordinal) ? """{"choices":[{"index":0,"message":{"role":"assistant","content":"ok"}}]}""" : Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream, "--Gateway:Metrics:Teams=true", "--Gateway:PromptLog:Enabled=true");
        await using var prometheus = PrometheusServer.Start(gateway.Address);
        await CallAsync(gateway);
        await Eventually.IsTrueAsync(async () => await HasThreeScrapesAsync(prometheus), TimeSpan.FromSeconds(60), Cancel);

        // A series that no scrape saw before the second calls never shows them as an increase.
        await Eventually.IsTrueAsync(async () => await CountAsync(prometheus, "gateway_requests_total{outcome=\"denied\"}") > 0, TimeSpan.FromSeconds(60), Cancel);
        await CallAsync(gateway);

        // The denied call is the last of them: a scrape that has seen it has seen all.
        await Eventually.IsTrueAsync(async () => await CountAsync(prometheus, "sum(rate(gateway_requests_total{outcome=\"denied\"}[10s])) > 0") > 0, TimeSpan.FromSeconds(60), Cancel);
        var names = (await prometheus.GetAsync("/api/v1/label/__name__/values", Cancel)).GetProperty("data").EnumerateArray().Select(name => name.GetString() ?? "").ToHashSet();

        var faults = new List<string>();
        foreach (var (title, query) in Queries())
        {
            var filled = query.Replace("$__rate_interval", "10s", StringComparison.Ordinal).Replace("$__range", "1m", StringComparison.Ordinal)
                .Replace("$model", ".*", StringComparison.Ordinal).Replace("$provider", ".*", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal);
            var answer = await prometheus.QueryAsync(filled, Cancel);
            if (answer.GetProperty("status").GetString() != "success")
            {
                faults.Add($"{title}: {answer}");
            }
            else if (answer.GetProperty("data").GetProperty("result").GetArrayLength() == 0 && !MayBeEmpty.Contains(title))
            {
                faults.Add($"{title} is empty: {filled}");
            }

            faults.AddRange(MetricName().Matches(filled).Select(match => match.Value).Where(name => !names.Contains(name)).Select(name => $"{title}: nobody writes {name}"));
        }

        var rules = await prometheus.GetAsync("/api/v1/rules", Cancel);
        faults.AddRange(rules.GetProperty("data").GetProperty("groups").EnumerateArray().SelectMany(group => group.GetProperty("rules").EnumerateArray())
            .Where(rule => rule.TryGetProperty("lastError", out _)).Select(rule => $"{rule}"));
        Assert.Empty(faults);
    }

    [Fact]
    public void Panels_have_ids_units_and_a_data_source_that_the_viewer_chooses()
    {
        foreach (var dashboard in Dashboards())
        {
            var panels = dashboard.GetProperty("panels").EnumerateArray().ToList();
            Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
            Assert.All(panels.Where(panel => panel.GetProperty("type").GetString() != "row"), panel =>
            {
                Assert.NotEmpty(panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("unit").GetString() ?? "");
                Assert.Equal("${datasource}", panel.GetProperty("datasource").GetProperty("uid").GetString());
            });
        }
    }

    private static async Task StreamAsync(UpstreamCall call)
    {
        await call.BeginChunkedAsync("text/event-stream");
        await call.ChunkAsync("""data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"ok"}}],"usage":null}""" + "\n\n");
        await call.ChunkAsync("""data: {"id":"c","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10}}""" + "\n\ndata: [DONE]\n\n");
        await call.EndChunksAsync();
    }

    /// <summary>Calls of several ends: served, streamed, failed, denied, counted by a shadow limit.</summary>
    private static async Task CallAsync(GatewayHost gateway)
    {
        using var served = await gateway.NewCallerAsync(new { name = "k", limits = new object[] { new { unit = "requests", limit = 0, per = "day", mode = "shadow" } } });
        using var denied = await gateway.NewCallerAsync(new { name = "d", limits = new object[] { new { unit = "requests", limit = 0, per = "day" } } });
        string[] bodies = [Caller.Chat, Caller.ChatStream, """{"model":"gpt-4o","messages":[{"role":"user","content":"fail"}]}""", """{"model":"fake/unheard-of","messages":[{"role":"user","content":"bare"}]}""", """{"model":"echo","messages":[{"role":"user","content":"Hello"}]}"""];
        foreach (var (caller, body) in bodies.Select(body => (served, body)).Append((denied, Caller.Chat)))
        {
            using var response = await caller.CallAsync(body, cancel: Cancel);
            await response.Content.ReadAsStringAsync(Cancel);
            await gateway.RowAsync(response.RequestId());
        }
    }

    private static async Task<bool> HasThreeScrapesAsync(PrometheusServer prometheus)
    {
        try
        {
            return await CountAsync(prometheus, "count_over_time(up{job=\"gateway\"}[1m]) >= 3 and up == 1") > 0;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<int> CountAsync(PrometheusServer prometheus, string query)
    {
        var answer = await prometheus.QueryAsync(query, Cancel);
        return answer.TryGetProperty("data", out var data) && data.TryGetProperty("result", out var result) ? result.GetArrayLength() : 0;
    }

    private static IEnumerable<JsonElement> Dashboards() =>
        Directory.EnumerateFiles(Repository.PathOf("deploy", "grafana"), "*.json").Select(file => JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(file)));

    private static IEnumerable<(string Title, string Query)> Queries()
    {
        foreach (var dashboard in Dashboards())
        {
            foreach (var panel in dashboard.GetProperty("panels").EnumerateArray().Where(panel => panel.TryGetProperty("targets", out _)))
            {
                foreach (var target in panel.GetProperty("targets").EnumerateArray())
                {
                    yield return (panel.GetProperty("title").GetString() ?? "", target.GetProperty("expr").GetString() ?? "");
                }
            }
        }
    }

    [GeneratedRegex(@"^  - alert: (\w+)$", RegexOptions.Multiline)]
    private static partial Regex AlertLine();

    [GeneratedRegex(@"\b(gateway|dotnet|gen_ai)_[a-z_]+\b(?!\s*=)")]
    private static partial Regex MetricName();
}
