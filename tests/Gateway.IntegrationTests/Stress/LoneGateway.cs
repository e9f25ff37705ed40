using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Xunit;

namespace Gateway.IntegrationTests.Stress;

/// <summary>One gateway process at a time, on files or on PostgreSQL and Redis, that can be killed at any point of a call and started again.</summary>
internal sealed class LoneGateway : IAsyncDisposable
{
    /// <summary>What is reserved of a call: it can't be less.</summary>
    public const int Cap = 50;

    private const string Body = """{"model":"gpt-4o","stream":true,"max_completion_tokens":50,"messages":[{"role":"user","content":"Hello"}]}""";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();
    private readonly PostgresDatabase? _postgres;
    private readonly string[] _settings;
    private string _key = "";
    private GatewayProcess? _process;

    private LoneGateway(string upstream, bool isShared, RedisServer? redis, string[] settings)
    {
        _postgres = isShared ? PostgresDatabase.Create() : null;
        Redis = redis;
        _settings =
        [
            $"--Gateway:AdminKey={GatewayHost.AdminKey}", "--Gateway:LeaseSeconds=5", "--Gateway:DrainSeconds=1", $"--Gateway:DataDirectory={_folder.Path}",
            "--Gateway:Providers:fake:Kind=openai", $"--Gateway:Providers:fake:BaseUrl={upstream}", "--Gateway:Models:0:Name=gpt-4o", "--Gateway:Models:0:Targets:0:Provider=fake",
            .. _postgres?.Settings ?? [], .. redis is null ? Array.Empty<string>() : [$"--Gateway:Redis:Configuration={redis.Address}"], .. settings,
        ];
    }

    public RedisServer? Redis { get; }

    public string Database => _postgres?.ConnectionString ?? _folder.File("gateway.db");

    public GatewayProcess Process => _process ?? throw new InvalidOperationException("It was started.");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<LoneGateway> StartAsync(string upstream, bool isShared, params string[] settings)
    {
        RedisServer? redis = null;
        if (isShared)
        {
            redis = new RedisServer();
            await redis.InitializeAsync();
        }

        var gateway = new LoneGateway(upstream, isShared, redis, settings);
        gateway._process = await GatewayProcess.StartAsync(gateway._folder.Path, gateway._settings);
        using var admin = gateway.Client(GatewayHost.AdminKey);
        using var made = await admin.CallAsync("""{"name":"k","limits":[{"unit":"tokens","limit":100000,"per":"total"},{"unit":"requests","limit":1000,"per":"day"},{"unit":"concurrent","limit":10}]}""", "/admin/keys", Cancel);
        gateway._key = JsonSerializer.Deserialize<JsonElement>(await made.Content.ReadAsStringAsync(Cancel)).GetProperty("key").GetString() ?? "";
        return gateway;
    }

    /// <summary>A call that streams; its answer's head is waited for by who wants it.</summary>
    public async Task<HttpResponseMessage> CallAsync()
    {
        var caller = Client(_key);
        return await caller.CallAsync(Body, cancel: Cancel);
    }

    public async Task KillAsync()
    {
        Process.Kill();
        await Process.DisposeAsync();
    }

    public async Task RestartAsync() => _process = await GatewayProcess.StartAsync(_folder.Path, _settings);

    public long Held() => Number("select count(*) from reservations where stage <> 1");

    public long Rows(string where = "1 = 1") => Number($"select count(*) from requests where {where}");

    public long Number(string sql) => (long)(Sql.Scalar(Database, sql) ?? -1L);

    public static Task UntilAsync(Func<bool> condition) => Eventually.IsTrueAsync(() => ValueTask.FromResult(condition()), Patience, Cancel);

    /// <summary>Waits until nothing is held, and the counters are as the ledger.</summary>
    public async Task SettledAsync()
    {
        using var caller = Client(_key);
        await Eventually.IsTrueAsync(
            async () =>
            {
                var limits = JsonSerializer.Deserialize<JsonElement>(await caller.GetStringAsync(new Uri("/v1/key", UriKind.Relative), Cancel)).GetProperty("limits");
                long[] ledger = [Number("select coalesce(sum(input_tokens + output_tokens), 0) from requests"), Rows("outcome in (0, 7)"), 0];
                return Held() == 0 && limits.EnumerateArray().Select((limit, i) => Is(limit, "used", ledger[i]) && Is(limit, "reserved", 0)).All(fits => fits);
            },
            Patience,
            Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        if (Redis is not null)
        {
            await Redis.DisposeAsync();
        }

        _postgres?.Dispose();
        _folder.Dispose();
    }

    private static bool Is(JsonElement limit, string figure, long amount) =>
        limit.GetProperty(figure) is { ValueKind: JsonValueKind.Number } number && number.GetDecimal() == amount;

    private HttpClient Client(string key) => new()
    {
        BaseAddress = Process.Address,
        Timeout = Patience,
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
    };
}
