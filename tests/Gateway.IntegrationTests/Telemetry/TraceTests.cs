using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Gateway.IntegrationTests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Trace;
using Xunit;

namespace Gateway.IntegrationTests.Telemetry;

/// <summary>A call's spans: the server's, one for each attempt below it, and the provider's own below that one.</summary>
[Collection(Alone.Name)]
public sealed class TraceTests
{
    private const string CallersTrace = "4bf92f3577b34da6a3ce929d0e0e4736";

    private const string Answer = """{"id":"c","object":"chat.completion","model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"ok"},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10}}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_callers_trace_goes_through_the_attempt_to_the_provider()
    {
        await using var collector = await Collector.StartAsync();
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream, collector.Settings);
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans);
        using var caller = await gateway.NewCallerAsync();
        caller.DefaultRequestHeaders.Add("traceparent", $"00-{CallersTrace}-00f067aa0ba902b7-01");

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        await gateway.RowAsync(response.RequestId());
        var ours = spans.Where(span => span.TraceId.ToHexString() == CallersTrace).ToList();

        var attempt = Assert.Single(ours, span => span.Kind == ActivityKind.Client);
        var server = Assert.Single(ours, span => span.Kind == ActivityKind.Server);
        Assert.Equal($"00-{CallersTrace}-{attempt.SpanId}-01", upstream.Calls.Single().Header("traceparent"));
        Assert.Equal(server.SpanId, attempt.ParentSpanId);
        Assert.Equal("chat gpt-4o", attempt.DisplayName);
        Assert.Equal(200, attempt.GetTagItem("http.response.status_code"));
        Assert.Equal(8L, attempt.GetTagItem("gen_ai.usage.input_tokens"));
        Assert.Equal(response.RequestId(), attempt.GetTagItem("gateway.request_id"));
        Assert.Equal(response.RequestId(), server.GetTagItem("gateway.request_id"));

        // A provider must not learn which key called, and traces are read by many.
        Assert.DoesNotContain(ours.SelectMany(span => span.TagObjects), tag => $"{tag.Value}".Contains("sk-", StringComparison.Ordinal));

        gateway.Services.GetRequiredService<TracerProvider>().ForceFlush();
        Assert.Contains("chat gpt-4o", await collector.Traces.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_failed_attempt_has_a_span_that_says_why()
    {
        await using var collector = await Collector.StartAsync();
        await using var failing = FakeUpstream.Answering("{}", 500);
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(
            failing,
            [
                .. collector.Settings, "--Gateway:Providers:second:BaseUrl=" + upstream.BaseUrl, "--Gateway:Models:0:Targets:1:Provider=second", "--Gateway:Models:0:Targets:1:Model=gpt-4o",
                "--Gateway:Models:0:Targets:1:Weight=0",
            ]);
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans);
        using var caller = await gateway.NewCallerAsync();
        caller.DefaultRequestHeaders.Add("traceparent", $"00-{CallersTrace}-00f067aa0ba902b7-01");

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        await gateway.RowAsync(response.RequestId());

        var attempts = spans.Where(span => span.TraceId.ToHexString() == CallersTrace && span.Kind == ActivityKind.Client).OrderBy(span => span.StartTimeUtc).ToList();
        Assert.Equal(["fake", "second"], attempts.Select(span => span.GetTagItem("gen_ai.provider.name")));
        Assert.Equal(["http_5xx", null], attempts.Select(span => span.GetTagItem("error.type")));
        Assert.Equal(ActivityStatusCode.Error, attempts[0].Status);
    }

    [Fact]
    public async Task The_usual_variable_turns_sampling_off()
    {
        await using var collector = await Collector.StartAsync();
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream, [.. collector.Settings, "--OTEL_TRACES_SAMPLER=always_off"]);
        using var caller = await gateway.NewCallerAsync();
        caller.DefaultRequestHeaders.Add("traceparent", $"00-{CallersTrace}-00f067aa0ba902b7-01");

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);
        await gateway.RowAsync(response.RequestId());
        gateway.Services.GetRequiredService<TracerProvider>().ForceFlush();

        Assert.False(collector.Traces.Task.IsCompleted);
        Assert.StartsWith($"00-{CallersTrace}-", upstream.Calls.Single().Header("traceparent"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_traces_the_callers_own_header_passes()
    {
        await using var upstream = FakeUpstream.Answering(Answer);
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var caller = await gateway.NewCallerAsync();
        caller.DefaultRequestHeaders.Add("traceparent", $"00-{CallersTrace}-00f067aa0ba902b7-01");

        using var response = await caller.CallAsync(Caller.Chat, cancel: Cancel);

        Assert.Equal($"00-{CallersTrace}-00f067aa0ba902b7-01", upstream.Calls.Single().Header("traceparent"));
    }

    private static ActivityListener Listen(ConcurrentQueue<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Gateway" or "Microsoft.AspNetCore",
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    /// <summary>Takes what is exported, and keeps the first traces.</summary>
    private sealed class Collector(WebApplication app) : IAsyncDisposable
    {
        public TaskCompletionSource<string> Traces { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string[] Settings => [$"--OTEL_EXPORTER_OTLP_ENDPOINT={app.Urls.First()}", "--OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"];

        public static async Task<Collector> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            var app = builder.Build();
            var collector = new Collector(app);
            collector.Take();
            await app.StartAsync(Cancel);
            return collector;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        private void Take()
        {
            app.Run(async http =>
            {
                using var body = new MemoryStream();
                await http.Request.Body.CopyToAsync(body);
                if (http.Request.Path == "/v1/traces")
                {
                    Traces.TrySetResult(Encoding.UTF8.GetString(body.ToArray()));
                }
            });
        }
    }
}
