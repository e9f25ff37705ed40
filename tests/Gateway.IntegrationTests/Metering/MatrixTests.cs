using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Xunit;

namespace Gateway.IntegrationTests.Metering;

/// <summary>Every call in every way it can end: what the caller gets and what the ledger says. The table is a golden file; a new route has no peace until it has a line.</summary>
public sealed class MatrixTests
{
    private const string Scenario = "x-scenario";

    private string _scenario = "ok";
    private TaskCompletionSource _inHand = new();
    private TaskCompletionSource _halfWay = new();

    private static readonly string[] Scenarios = ["ok", "stream", "cut", "cancelled", "refused", "over"];

    private static readonly string[] ShownHeaders = ["cache-control", "retry-after", "x-should-retry", "x-ratelimit-limit-requests", "x-upstream-request-id"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Golden");

    [Fact]
    public async Task The_table_is_true()
    {
        await using var upstream = FakeUpstream.Start(AnswerAsync);
        await using var gateway = await GatewayHost.StartAsync(
            upstream, "--Gateway:Models:0:Price:Input=2", "--Gateway:Models:0:Price:Output=10", "--Gateway:Models:0:Price:PerImage=0.02", "--Gateway:Models:0:Price:PerMinute=0.006",
            "--Gateway:Models:0:Price:PerMillionCharacters=15");
        var table = new List<string>();
        foreach (var call in MeteredCalls.All)
        {
            foreach (var scenario in Scenarios.Where(scenario => scenario != "stream" || call.Events is not null))
            {
                table.Add(await LineAsync(gateway, call, scenario));
            }
        }

        var golden = await File.ReadAllLinesAsync(Path.Combine(Folder, "metering.txt"), Cancel);
        Assert.Equal(golden, table);
    }

    [Fact]
    public async Task No_route_is_missing_from_the_table()
    {
        var routes = (await File.ReadAllLinesAsync(Path.Combine(Folder, "routes.txt"), Cancel))
            .Select(line => line.Split(' ', 3))
            .Where(parts => parts[1].StartsWith("/v1/", StringComparison.Ordinal) && parts[2] == "caller's key")
            .Select(parts => $"{parts[0]} {parts[1]["/v1/".Length..]}");

        Assert.Equal(MeteredCalls.Exempt.Concat(MeteredCalls.All.Select(call => $"{call.Method} {call.Route}")).Order(), routes.Order());
    }

    private async Task<string> LineAsync(GatewayHost gateway, MeteredCall call, string scenario)
    {
        using var caller = scenario == "over"
            ? await gateway.NewCallerAsync(new { name = "over", limits = new[] { new { unit = "requests", limit = call.Path.Contains('1', StringComparison.Ordinal) || call.Route.StartsWith("batches", StringComparison.Ordinal) ? 3 : 1, per = "day" } } })
            : await gateway.NewCallerAsync();
        await MakeIdsAsync(caller, call);
        if (scenario == "over")
        {
            for (var status = 200; status != 429;)
            {
                using var before = await SendAsync(caller, call, "ok");
                status = (int)before.StatusCode;
            }
        }

        if (scenario == "cancelled" && call.IsKept)
        {
            await LeaveAsync(caller, call);
            return $"{call.Method} {call.Route} {scenario} | - left [] | {Row(await LeftRowAsync(gateway, call))}";
        }

        using var response = await SendAsync(caller, call, scenario);
        var body = await ReadAsync(response, scenario);
        var row = await gateway.RowAsync(response.RequestId());
        var headers = string.Join(',', ShownHeaders.Where(response.Headers.Contains));
        return $"{call.Method} {call.Route} {scenario} | {(int)response.StatusCode} {body} [{headers}] | {Row(row)}";
    }

    private static string Row(JsonElement row) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Text(row, "endpoint")} {Text(row, "outcome")} {row.GetProperty("status")} {Text(row, "error_code") ?? "-"} | {Text(row, "token_source")} {row.GetProperty("input_tokens")}+{row.GetProperty("output_tokens")} cached {row.GetProperty("cached_tokens")} | {Cost(row)}");

    /// <summary>Leaves before there is an answer.</summary>
    private async Task LeaveAsync(HttpClient caller, MeteredCall call)
    {
        _halfWay = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var call1 = SendAsync(caller, call, "cancelled", leave.Token);
        await _halfWay.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call1);
    }

    /// <summary>The row of a call whose caller never learnt its id: the newest of its endpoint that was left.</summary>
    private static async Task<JsonElement> LeftRowAsync(GatewayHost gateway, MeteredCall call)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await timer.WaitForNextTickAsync(limit.Token))
        {
            var page = JsonSerializer.Deserialize<JsonElement>(await gateway.Admin.GetStringAsync(new Uri("/admin/requests?limit=1", UriKind.Relative), Cancel));
            var newest = page.GetProperty("data")[0];
            if (Text(newest, "outcome") == "client_disconnected" && Text(newest, "endpoint") == call.Route.Split('/')[0])
            {
                return newest;
            }
        }

        throw new InvalidOperationException($"No row of {call.Route} came.");
    }

    private static string Cost(JsonElement row) => row.GetProperty("cost_usd").ValueKind is JsonValueKind.Null ? "-" : row.GetProperty("cost_usd").GetDecimal().ToString("0.######", CultureInfo.InvariantCulture);

    private async Task MakeIdsAsync(HttpClient caller, MeteredCall call)
    {
        if (call.Route.StartsWith("responses/{id}", StringComparison.Ordinal))
        {
            using var response = await SendAsync(caller, MeteredCalls.All.Single(other => other.Route == "responses"), "ok");
            await response.Content.CopyToAsync(Stream.Null, Cancel);
            return;
        }

        var isBatch = call.Route.StartsWith("batches", StringComparison.Ordinal);
        string[] needed = call.Route == "files" && call.Method == "POST" || (!isBatch && !call.Route.StartsWith("files", StringComparison.Ordinal)) ? []
            : !isBatch || call is { Route: "batches", Method: "POST" } ? ["files"]
            : ["files", "batches"];
        foreach (var route in needed)
        {
            using var made = await SendAsync(caller, MeteredCalls.All.Single(other => other.Method == "POST" && other.Route == route), "ok");
            made.EnsureSuccessStatusCode();
        }
    }

    private Task<HttpResponseMessage> SendAsync(HttpClient caller, MeteredCall call, string scenario) => SendAsync(caller, call, scenario, Cancel);

    private async Task<HttpResponseMessage> SendAsync(HttpClient caller, MeteredCall call, string scenario, CancellationToken cancel)
    {
        // Lists are asked for by the gateway itself, which passes no header on.
        _scenario = scenario;
        _inHand = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var request = new HttpRequestMessage(new HttpMethod(call.Method), call.Path) { Content = call.Content?.Invoke(scenario == "stream") };
        request.Headers.Add(Scenario, scenario);
        return await caller.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
    }

    /// <summary>How the body came: whole, broken off, left by the caller, or an error by its code.</summary>
    private async Task<string> ReadAsync(HttpResponseMessage response, string scenario)
    {
        try
        {
            if (scenario == "cancelled" && response.IsSuccessStatusCode)
            {
                await (await response.Content.ReadAsStreamAsync(Cancel)).ReadExactlyAsync(new byte[1], Cancel);
                response.Content.Dispose();
                return "left";
            }

            if (scenario == "cut" && response.IsSuccessStatusCode)
            {
                var stream = await response.Content.ReadAsStreamAsync(Cancel);
                await stream.ReadExactlyAsync(new byte[1], Cancel);
                _inHand.TrySetResult();
                await stream.CopyToAsync(Stream.Null, Cancel);
                return "whole";
            }

            var body = await response.Content.ReadAsByteArrayAsync(Cancel);
            return response.IsSuccessStatusCode ? $"{body.Length}B" : Code(JsonDocument.Parse(body).RootElement.GetProperty("error")) ?? "null";
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            return "broken";
        }
    }

    private async Task AnswerAsync(UpstreamCall sent)
    {
        var (method, path) = (sent.RequestLine.Split(' ')[0], sent.RequestLine.Split(' ')[1].Split('?')[0]);
        var call = MeteredCalls.All.Single(call => call.Method == method && call.Path == path);
        var answer = Encoding.UTF8.GetBytes(call.Answer);
        switch (sent.Header(Scenario) ?? _scenario)
        {
            case "refused":
                await sent.RespondAsync("""{"error":{"message":"no","type":"x","param":null,"code":"upstream_says_no"}}""", 429, "application/json", "retry-after: 7");
                break;
            case "cut" or "cancelled":
                await sent.BeginChunkedAsync(call.Type, "x-request-id: up_1");
                await sent.ChunkAsync(answer[..(answer.Length / 2)]);
                _halfWay.TrySetResult();
                if ((sent.Header(Scenario) ?? _scenario) == "cut")
                {
                    // Not before the caller has something in hand: else the break may swallow even the answer's head.
                    await (call.IsKept ? Task.CompletedTask : _inHand.Task).WaitAsync(TimeSpan.FromSeconds(20), Cancel);
                    sent.Cut();
                }
                else
                {
                    await sent.GoneAsync(Cancel);
                }

                break;
            case "stream":
                await sent.BeginChunkedAsync("text/event-stream", "x-request-id: up_1");
                await sent.ChunkAsync(call.Events ?? "");
                await sent.EndChunksAsync();
                break;
            default:
                await sent.RespondAsync(call.Answer, 200, call.Type, "x-request-id: up_1");
                break;
        }
    }

    /// <summary>Anthropic's errors have a type alone.</summary>
    private static string? Code(JsonElement error) => (error.TryGetProperty("code", out var code) ? code : error.GetProperty("type")).GetString();

    private static string? Text(JsonElement row, string name) => row.GetProperty(name).GetString();
}
