using Gateway.OpenAi;
using Gateway.Providers;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.UnitTests.Providers;

/// <summary>Which target a call gets, and when a target is left alone, on a clock of the test's own.</summary>
public sealed class TargetChoiceTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 1, 0)]
    [InlineData(70, 20, 10)]
    [InlineData(1000, 1, 1)]
    public void Calls_are_spread_by_weight(int a, int b, int c)
    {
        using var catalog = Build(Targets(a, b, c));
        const int calls = 3_000;

        var got = Enumerable.Range(0, calls).Select(_ => Next(catalog)).CountBy(name => name).ToDictionary();

        foreach (var (name, weight) in new[] { ("a", a), ("b", b), ("c", c) })
        {
            var share = 100.0 * got.GetValueOrDefault(name) / calls;
            Assert.InRange(share, (100.0 * weight / (a + b + c)) - 0.5, (100.0 * weight / (a + b + c)) + 0.5);
        }
    }

    [Fact]
    public void A_target_that_is_left_alone_leaves_its_share_to_the_others_by_their_weights()
    {
        using var catalog = Build(Targets(50, 30, 10));
        Health(catalog, "a").Failed(Failure(), pauseAtOnce: true, askedFor: TimeSpan.FromSeconds(10));

        var got = Enumerable.Range(0, 3_000).Select(_ => Next(catalog)).CountBy(name => name).ToDictionary();

        Assert.False(got.ContainsKey("a"));
        Assert.InRange(got["b"], 2_235, 2_265);
    }

    [Fact]
    public void A_provider_is_left_alone_for_exactly_as_long_as_it_asked()
    {
        using var catalog = Build(Targets(1, 0, 0));
        Health(catalog, "a").Failed(Failure(), pauseAtOnce: true, askedFor: TimeSpan.FromSeconds(10));

        // An answer to a call from before does not end what was asked for.
        Health(catalog, "a").Answered();
        _time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.NotEqual("a", Next(catalog));
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromTicks(1), Health(catalog, "a").CoolingUntil());

        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal("a", Next(catalog));
    }

    [Fact]
    public void What_a_provider_asks_for_is_bounded()
    {
        using var catalog = Build(Targets(1, 0, 0));
        Health(catalog, "a").Failed(Failure(), pauseAtOnce: true, askedFor: TimeSpan.FromDays(30));

        _time.Advance(TimeSpan.FromSeconds(600));

        Assert.Equal("a", Next(catalog));
    }

    [Fact]
    public void Three_failures_in_a_row_pause_a_target_and_each_further_time_twice_as_long()
    {
        using var catalog = Build(Targets(1, 0, 0));
        var health = Health(catalog, "a");
        health.Failed(Failure(), pauseAtOnce: false, askedFor: null);
        health.Failed(Failure(), pauseAtOnce: false, askedFor: null);
        Assert.Equal("a", Next(catalog));
        var longest = 1.0;
        for (var i = 0; i < 10; i++)
        {
            // The first is the third in a row, each later one is the trial after a pause.
            health.Failed(Failure(), pauseAtOnce: false, askedFor: null);
            // And those that were under way with it, which count for nothing.
            health.Failed(Failure(), pauseAtOnce: true, askedFor: null);
            Assert.InRange(health.Left().TotalSeconds, longest * 0.8, longest);
            Assert.NotEqual("a", Next(catalog));
            _time.Advance(health.Left());
            Assert.Equal("a", Next(catalog));
            longest = Math.Min(60, longest * 2);
        }
    }

    [Fact]
    public void After_a_pause_one_call_tries_and_its_success_opens_the_way_for_all()
    {
        using var catalog = Build(Targets(1, 0, 0));
        var health = Health(catalog, "a");
        health.Failed(Failure(), pauseAtOnce: true, askedFor: null);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("a", Next(catalog));
        Assert.All(Enumerable.Range(0, 10), _ => Assert.NotEqual("a", Next(catalog)));
        health.Answered();

        Assert.All(Enumerable.Range(0, 10), _ => Assert.Equal("a", Next(catalog)));
        Assert.True(health.IsWell);
    }

    [Fact]
    public void A_target_that_fails_half_its_calls_is_paused_though_never_thrice_in_a_row()
    {
        using var catalog = Build(Targets(1, 0, 0));
        var health = Health(catalog, "a");
        for (var i = 0; i < 6; i++)
        {
            health.Answered();
            health.Failed(Failure(), pauseAtOnce: false, askedFor: null);
        }

        Assert.NotNull(health.CoolingUntil());
        Assert.Equal((12, 6), health.LastMinute());
    }

    [Fact]
    public void Where_all_failed_the_one_whose_pause_ends_first_is_tried_all_the_same()
    {
        using var catalog = Build(Targets(1, 1, 1));
        Health(catalog, "a").Failed(Failure(), pauseAtOnce: true, askedFor: TimeSpan.FromSeconds(5));
        Health(catalog, "b").Failed(Failure(), pauseAtOnce: true, askedFor: null);
        Health(catalog, "c").Failed(Failure(), pauseAtOnce: true, askedFor: TimeSpan.FromSeconds(3));
        var walk = Walk(catalog);

        Assert.Equal("b", walk.Next()?.Provider.Name);
        Assert.Null(walk.Next());
        Assert.Equal(TimeSpan.Zero, Walk(catalog).Route.Targets.Select(target => target.Health).Last(health => health.IsWell is false).Left() - TimeSpan.FromSeconds(3));
    }

    [Fact]
    public void No_target_is_handed_out_twice()
    {
        using var catalog = Build(Targets(1, 1, 0));
        var walk = Walk(catalog);

        var handed = Enumerable.Range(0, 5).Select(_ => walk.Next()?.Provider.Name).ToList();

        Assert.Equal(["a", "b"], handed.Take(2).Order());
        Assert.Equal(["c", null, null], handed.Skip(2));
    }

    [Fact]
    public void The_fewest_calls_under_way_win_where_that_is_wanted()
    {
        var options = Targets(2, 1, 1);
        options.Models[0].Balance = "least_in_flight";
        using var catalog = Build(options);
        for (var i = 0; i < 400; i++)
        {
            Health(catalog, Next(catalog)).Begin();
        }

        Assert.Equal([200, 100, 100], from name in (string[])["a", "b", "c"] select Health(catalog, name).InFlight);
    }

    [Fact]
    public void A_session_stays_where_it_is_and_only_the_sessions_of_a_lost_target_move()
    {
        var options = Targets(2, 1, 1);
        options.Models[0].Balance = "affinity";
        using var catalog = Build(options);
        var sessions = Enumerable.Range(0, 1_000).Select(number => ModelTarget.MarkOf($"session-{number}")).ToList();
        var before = sessions.ConvertAll(session => Walk(catalog, session).Next()?.Provider.Name);
        Assert.Equal(before, sessions.ConvertAll(session => Walk(catalog, session).Next()?.Provider.Name));
        Assert.InRange(before.Count(name => name == "a"), 450, 550);

        Health(catalog, "b").Failed(Failure(), pauseAtOnce: true, askedFor: TimeSpan.FromSeconds(10));
        var after = sessions.ConvertAll(session => Walk(catalog, session).Next()?.Provider.Name);

        Assert.All(before.Zip(after), pair => Assert.True(pair.First == "b" ? pair.Second != "b" : pair.Second == pair.First));
    }

    [Fact]
    public void Fallbacks_follow_in_their_order_and_theirs_after_them()
    {
        var options = Targets(1, 0, 0);
        options.Models[0].Targets.RemoveRange(1, 2);
        options.Models[0].Fallbacks.AddRange(["second", "c/third"]);
        options.Models.Add(new ModelOptions { Name = "second", Targets = { new TargetOptions { Provider = "b" } }, Fallbacks = { "last" } });
        options.Models.Add(new ModelOptions { Name = "la*", Targets = { new TargetOptions { Provider = "a" } } });
        Assert.Empty(RoutingCheck.Faults(options));
        using var catalog = Build(options);
        var walk = Walk(catalog);

        Assert.Equal(
            ["a/m", "b/second", "c/third", "a/last", null],
            Enumerable.Range(0, 5).Select(_ => walk.Next() is { } target ? $"{target.Provider.Name}/{target.UpstreamModel}" : null));
    }

    [Fact]
    public void A_route_can_be_kept_to_the_provider_that_made_something()
    {
        using var catalog = Build(Targets(1, 1, 1));
        Assert.True(catalog.TryFind("m", out var route));

        Assert.Equal(["c"], route.At("c")?.Targets.Select(target => target.Provider.Name) ?? []);
        Assert.Null(route.At("d"));
    }

    [Fact]
    public void New_settings_keep_the_providers_they_do_not_change_and_drop_the_others_with_their_last_call()
    {
        using var routing = new Routing(Catalogs.Source(_time), Targets(1, 1, 1), []);
        var (a, b) = (routing.Current.Providers[0], routing.Current.Providers[1]);
        Health(routing.Current, "a").Failed(Failure(), pauseAtOnce: true, askedFor: TimeSpan.FromSeconds(5));
        var call = routing.Hold();
        var changed = Targets(1, 1, 1);
        changed.Providers["b"].ApiKey = "another";

        routing.Replace(changed, []);

        Assert.Same(a, routing.Current.Providers[0]);
        Assert.NotSame(b, routing.Current.Providers[1]);
        Assert.False(Health(routing.Current, "a").IsWell);
        Assert.False(IsDisposed(b));
        call.Dispose();
        Assert.True(IsDisposed(b));
        Assert.False(IsDisposed(a));
    }

    private static bool IsDisposed(Provider provider)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://127.0.0.1:1/");
        try
        {
            _ = provider.Client.SendAsync(request, new CancellationToken(canceled: true));
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private static TargetFailure Failure() => new(default, "it failed");

    private static RoutingOptions Targets(params int[] weights)
    {
        var model = new ModelOptions { Name = "m" };
        var options = new RoutingOptions { Models = { model } };
        foreach (var (weight, i) in weights.Select((weight, i) => (weight, i)))
        {
            var name = $"{(char)('a' + i)}";
            options.Providers.Add(name, new ProviderOptions { BaseUrl = $"http://127.0.0.1:{i + 1}" });
            model.Targets.Add(new TargetOptions { Provider = name, Weight = weight });
        }

        return options;
    }

    private static RouteWalk Walk(ModelCatalog catalog, ulong affinity = 0) =>
        catalog.Resolve("m", ApiEndpoint.ChatCompletions).TryGet(out var route, out _) ? new RouteWalk(route, affinity) : throw new InvalidOperationException("No route.");

    private static string Next(ModelCatalog catalog) => Walk(catalog).Next()?.Provider.Name ?? "none";

    private static TargetHealth Health(ModelCatalog catalog, string provider) =>
        catalog.Entries[0].Group.Targets.Single(target => target.Provider.Name == provider).Health;

    private ModelCatalog Build(RoutingOptions options) => new CatalogBuilder(Catalogs.Source(_time), options, null).Build([]);
}
