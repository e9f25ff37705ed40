using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Keys;
using Gateway.OpenAi;
using Gateway.Quotas;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.IntegrationTests.Keys;

public class KeyRingTests : IDisposable
{
    private static readonly KeySpec Plain = new("ci", null, null, new Dictionary<string, string>());

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_new_key_is_found_with_what_it_may_use()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var made = await process.NewKeyAsync(Plain with { Models = ["gpt-4*"] }, Cancel);

        var found = process.Ring.FindAsync(made.Secret, Cancel).AsTask();

        Assert.True(found.IsCompletedSuccessfully);
        Assert.True((await found).TryGet(out var key, out _));
        Assert.Equal(made.Key.Id, key.Id);
        Assert.True(key.MayUse("gpt-4o"));
        Assert.False(key.MayUse("o3"));
    }

    [Fact]
    public async Task A_key_survives_a_restart()
    {
        NewKey made;
        await using (var before = await StoreProcess.StartAsync(_folder.Path, Cancel))
        {
            made = await before.NewKeyAsync(Plain, Cancel);
        }

        await using var after = await StoreProcess.StartAsync(_folder.Path, Cancel);

        Assert.Null(await RefusalAsync(after, made.Secret));
        Assert.True(after.Ring.FindAsync(made.Secret, Cancel).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Unknown_expired_and_revoked_keys_get_the_same_answer()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var expired = await process.NewKeyAsync(Plain with { ExpiresAt = TimeProvider.System.GetUtcNow().AddSeconds(-1) }, Cancel);
        var revoked = await process.NewKeyAsync(Plain, Cancel);
        await process.Keys.RevokeAsync(revoked.Key.Id, StoreProcess.Admin, Cancel);

        GatewayError?[] refusals =
        [
            await RefusalAsync(process, KeySecret.Create()),
            await RefusalAsync(process, expired.Secret),
            await RefusalAsync(process, revoked.Secret),
        ];

        Assert.All(refusals, refusal => Assert.Equal(GatewayError.InvalidKey(), refusal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sk-gw-")]
    [InlineData("sk-gw-' or 1=1 --aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("sk-gw-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\0")]
    [InlineData("sk-gw-ääääääääääääääääääääääääääääääääääääääääääää")]
    [InlineData("SK-GW-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("sk-proj-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task What_cannot_be_a_key_is_refused_without_the_database(string presented)
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        using var gone = _folder.TakeDatabaseAway();

        var found = process.Ring.FindAsync(presented, Cancel).AsTask();

        Assert.True(found.IsCompletedSuccessfully);
        Assert.False((await found).TryGet(out _, out var refusal));
        Assert.Equal(GatewayError.InvalidKey(), refusal);
    }

    [Fact]
    public async Task A_key_of_8_kilobytes_is_refused_without_the_database()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);

        Assert.True(process.Ring.FindAsync("sk-gw-" + new string('a', 8192), Cancel).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_key_expires_on_the_tick_even_while_in_memory()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel, time: time);
        var made = await process.NewKeyAsync(Plain with { ExpiresAt = time.GetUtcNow().AddHours(1) }, Cancel);

        time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1));
        Assert.Null(await RefusalAsync(process, made.Secret));

        time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(GatewayError.InvalidKey(), await RefusalAsync(process, made.Secret));
    }

    [Fact]
    public async Task A_revocation_holds_at_once_here_and_within_a_second_in_another_process()
    {
        await using var here = await StoreProcess.StartAsync(_folder.Path, Cancel);
        await using var there = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var made = await here.NewKeyAsync(Plain, Cancel);
        Assert.Null(await RefusalAsync(there, made.Secret));

        await here.Keys.RevokeAsync(made.Key.Id, StoreProcess.Admin, Cancel);

        Assert.NotNull(await RefusalAsync(here, made.Secret));
        await Eventually.IsTrueAsync(async () => await RefusalAsync(there, made.Secret) is not null, TimeSpan.FromSeconds(1), Cancel);
    }

    [Fact]
    public async Task A_changed_model_list_reaches_another_process_within_a_second()
    {
        await using var here = await StoreProcess.StartAsync(_folder.Path, Cancel);
        await using var there = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var made = await here.NewKeyAsync(Plain, Cancel);
        Assert.Null(await RefusalAsync(there, made.Secret));

        await here.Keys.ChangeAsync(made.Key.Id, spec => spec with { Models = ["o3"] }, StoreProcess.Admin, Cancel);

        await Eventually.IsTrueAsync(
            async () => (await there.Ring.FindAsync(made.Secret, Cancel)).TryGet(out var key, out _) && !key.MayUse("gpt-4o"),
            TimeSpan.FromSeconds(1),
            Cancel);
    }

    [Fact]
    public async Task A_changed_team_holds_for_its_keys_at_once_here_and_within_a_second_in_another_process()
    {
        await using var here = await StoreProcess.StartAsync(_folder.Path, Cancel);
        await using var there = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var team = await here.Teams.CreateAsync(new TeamSpec("web", null, [Tokens(100)]), StoreProcess.Admin, Cancel);
        var made = await here.NewKeyAsync(Plain with { Team = team.Id, Limits = [Tokens(7)] }, Cancel);
        var other = await here.NewKeyAsync(Plain, Cancel);
        var before = await KeyAsync(there, made.Secret);
        Assert.Equal([7L, 100L], before.Limits.Select(limit => limit.Amount));

        await here.Teams.ChangeAsync(team.Id, spec => spec with { Name = "shop", Models = ["o3"], Limits = [Tokens(50) with { Mode = "soft" }] }, StoreProcess.Admin, Cancel);

        var now = await KeyAsync(here, made.Secret);
        Assert.Equal([7L, 50L], now.Limits.Select(limit => limit.Amount));
        Assert.Equal(before.Limits.Select(limit => limit.Id), now.Limits.Select(limit => limit.Id));
        Assert.Equal(("shop", true, false), (now.Team?.Name, now.MayUse("o3"), now.MayUse("gpt-4o")));
        Assert.Empty((await KeyAsync(here, other.Secret)).Limits);
        await Eventually.IsTrueAsync(
            async () => await KeyAsync(there, made.Secret) is { Team.Name: "shop" } key && key.Limits[1].Amount == 50 && !key.MayUse("gpt-4o"),
            TimeSpan.FromSeconds(1),
            Cancel);
    }

    [Fact]
    public async Task A_key_that_changes_its_team_gets_the_other_teams_limits()
    {
        await using var here = await StoreProcess.StartAsync(_folder.Path, Cancel);
        await using var there = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var first = await here.Teams.CreateAsync(new TeamSpec("first", null, [Tokens(1)]), StoreProcess.Admin, Cancel);
        var second = await here.Teams.CreateAsync(new TeamSpec("second", null, [Tokens(2)]), StoreProcess.Admin, Cancel);
        var made = await here.NewKeyAsync(Plain with { Team = first.Id }, Cancel);
        Assert.Equal("first", (await KeyAsync(there, made.Secret)).Team?.Name);

        await here.Keys.ChangeAsync(made.Key.Id, spec => spec with { Team = second.Id }, StoreProcess.Admin, Cancel);
        await here.Teams.ChangeAsync(second.Id, spec => spec with { Limits = [Tokens(3)] }, StoreProcess.Admin, Cancel);

        Assert.Equal(3, Assert.Single((await KeyAsync(here, made.Secret)).Limits).Amount);
        await Eventually.IsTrueAsync(
            async () => (await KeyAsync(there, made.Secret)).Limits is [{ Amount: 3 }], TimeSpan.FromSeconds(1), Cancel);
    }

    [Fact]
    public async Task A_key_and_its_team_survive_a_restart_with_their_limits()
    {
        NewKey made;
        await using (var before = await StoreProcess.StartAsync(_folder.Path, Cancel))
        {
            var team = await before.Teams.CreateAsync(new TeamSpec("web", ["gpt-4*"], [Tokens(100) with { Model = "gpt-4o", Mode = "shadow" }]), StoreProcess.Admin, Cancel);
            made = await before.NewKeyAsync(Plain with { Team = team.Id, Limits = [new() { Unit = "usd", Limit = 0.1m, Per = "total" }] }, Cancel);
        }

        await using var after = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var key = await KeyAsync(after, made.Secret);

        Assert.Equal([(LimitScope.Key, 100_000L, LimitMode.Hard), (LimitScope.Team, 100L, LimitMode.Shadow)], key.Limits.Select(limit => (limit.Scope, limit.Amount, limit.Mode)));
        Assert.Equal((true, false), (key.MayUse("gpt-4o"), key.MayUse("o3")));
        Assert.Equal((1, 2), (key.LimitsFor("o3").Count, key.LimitsFor("gpt-4o").Count));
    }

    [Fact]
    public async Task Keys_made_while_their_team_is_deleted_never_outlive_it()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        for (var round = 0; round < 20; round++)
        {
            var team = await process.Teams.CreateAsync(new TeamSpec("web", null, []), StoreProcess.Admin, Cancel);

            var deleting = process.Teams.DeleteAsync(team.Id, StoreProcess.Admin, Cancel);
            var making = process.Keys.CreateAsync(Plain with { Team = team.Id }, StoreProcess.Admin, Cancel);

            Assert.NotEqual((await deleting).TryGet(out _, out _), (await making).TryGet(out _, out _));
        }
    }

    [Fact]
    public async Task Without_a_database_keys_in_memory_work_and_others_are_told_so()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var made = await process.NewKeyAsync(Plain, Cancel);
        var wrong = KeySecret.Create();
        using (_folder.TakeDatabaseAway())
        {
            Assert.Null(await RefusalAsync(process, made.Secret));
            Assert.Equal(GatewayError.StoreUnavailable(), await RefusalAsync(process, wrong));
            await Eventually.IsTrueAsync(() => ValueTask.FromResult(!process.Health.IsHealthy), TimeSpan.FromSeconds(10), Cancel);
        }

        await Eventually.IsTrueAsync(async () => GatewayError.InvalidKey().Equals(await RefusalAsync(process, wrong)), TimeSpan.FromSeconds(10), Cancel);
        await Eventually.IsTrueAsync(() => ValueTask.FromResult(process.Health.IsHealthy), TimeSpan.FromSeconds(10), Cancel);
    }

    [Fact]
    public async Task The_secret_is_nowhere_in_the_files()
    {
        NewKey made;
        await using (var process = await StoreProcess.StartAsync(_folder.Path, Cancel))
        {
            made = await process.NewKeyAsync(Plain, Cancel);
            Assert.DoesNotContain(made.Secret[6..], _folder.DatabaseText(), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(made.Secret[6..], _folder.DatabaseText(), StringComparison.Ordinal);
    }

    private static LimitSpec Tokens(long amount) => new() { Unit = "tokens", Limit = amount, Per = "day" };

    private static async Task<ApiKey> KeyAsync(StoreProcess process, string secret) =>
        (await process.Ring.FindAsync(secret, Cancel)).TryGet(out var key, out var refusal) ? key : throw new InvalidOperationException(refusal.Message);

    private static async Task<GatewayError?> RefusalAsync(StoreProcess process, string secret) =>
        (await process.Ring.FindAsync(secret, Cancel)).TryGet(out _, out var refusal) ? null : refusal;
}
