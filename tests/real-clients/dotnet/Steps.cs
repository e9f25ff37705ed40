using System.Text.Json;

namespace Gateway.RealClients;

/// <summary>Where to call, and steps that are counted: one that throws has failed, and the others go on.</summary>
internal sealed class Steps(string client)
{
    public const string Text = "Hello from upstream";
    public const string WrongKey = "sk-gw-thisKeyWasNeverIssued000000000000";

    public static readonly Uri Root = new(Setting("GATEWAY_URL"));
    public static readonly Uri Base = new(Root, "/v1");
    public static readonly string Key = Setting("GATEWAY_KEY");

    private static readonly Uri Upstream = new(Setting("UPSTREAM_URL"));
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private int _passed;

    public int Failed { get; private set; }

    public async Task RunAsync(string name, Func<Task> step)
    {
        try
        {
            await step().WaitAsync(Longest);
            _passed++;
        }
        catch (Exception error)
        {
            Failed++;
            System.Console.WriteLine($"FAILED {client}: {name}: {error}");
        }
    }

    public void Done() => System.Console.WriteLine($"{client}: {_passed} passed, {Failed} failed");

    public static void Is<T>(T actual, T expected, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(actual, expected))
        {
            throw new InvalidOperationException($"{what}: {actual} instead of {expected}");
        }
    }

    public static async Task<TError> ThrowsAsync<TError>(Func<Task> action)
        where TError : Exception
    {
        try
        {
            await action();
        }
        catch (TError expected)
        {
            return expected;
        }

        throw new InvalidOperationException($"no {typeof(TError).Name} was thrown");
    }

    /// <summary>A word that makes the upstream refuse a call once, and no other.</summary>
    public static string FailOnce() => $"fail once n{Guid.NewGuid():N}";

    /// <summary>Leaves a stream by an action and waits until the upstream has seen its caller go.</summary>
    public static async Task LeavesAsync(Func<Task> action)
    {
        using var http = new HttpClient();
        var before = await LeftAsync(http);
        await action();
        while (await LeftAsync(http) == before)
        {
            await Task.Yield();
        }
    }

    private static async Task<int> LeftAsync(HttpClient http)
    {
        using var seen = JsonDocument.Parse(await http.GetStringAsync(new Uri(Upstream, "/seen")));
        return seen.RootElement.GetProperty("left").GetInt32();
    }

    private static string Setting(string name) => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set; ../run sets it.");
}
