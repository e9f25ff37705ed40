using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Keys;
using Gateway.OpenAi;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.IntegrationTests.Keys;

public sealed class KeyRingTests : IDisposable
{
    private static readonly KeySpec Plain = new("ci", null, null, new Dictionary<string, string>());

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_new_key_is_found_with_what_it_may_use()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var made = await process.Keys.CreateAsync(Plain with { Models = ["gpt-4*"] }, Cancel);

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
            made = await before.Keys.CreateAsync(Plain, Cancel);
        }

        await using var after = await StoreProcess.StartAsync(_folder.Path, Cancel);

        Assert.Null(await RefusalAsync(after, made.Secret));
        Assert.True(after.Ring.FindAsync(made.Secret, Cancel).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Unknown_expired_and_revoked_keys_get_the_same_answer()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var expired = await process.Keys.CreateAsync(Plain with { ExpiresAt = TimeProvider.System.GetUtcNow().AddSeconds(-1) }, Cancel);
        var revoked = await process.Keys.CreateAsync(Plain, Cancel);
        await process.Keys.RevokeAsync(revoked.Key.Id, Cancel);

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
        using var gone = new AwayDatabase(_folder);

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
        var made = await process.Keys.CreateAsync(Plain with { ExpiresAt = time.GetUtcNow().AddHours(1) }, Cancel);

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
        var made = await here.Keys.CreateAsync(Plain, Cancel);
        Assert.Null(await RefusalAsync(there, made.Secret));

        await here.Keys.RevokeAsync(made.Key.Id, Cancel);

        Assert.NotNull(await RefusalAsync(here, made.Secret));
        await Eventually.IsTrueAsync(async () => await RefusalAsync(there, made.Secret) is not null, TimeSpan.FromSeconds(1), Cancel);
    }

    [Fact]
    public async Task A_changed_model_list_reaches_another_process_within_a_second()
    {
        await using var here = await StoreProcess.StartAsync(_folder.Path, Cancel);
        await using var there = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var made = await here.Keys.CreateAsync(Plain, Cancel);
        Assert.Null(await RefusalAsync(there, made.Secret));

        await here.Keys.ChangeAsync(made.Key.Id, spec => spec with { Models = ["o3"] }, Cancel);

        await Eventually.IsTrueAsync(
            async () => (await there.Ring.FindAsync(made.Secret, Cancel)).TryGet(out var key, out _) && !key.MayUse("gpt-4o"),
            TimeSpan.FromSeconds(1),
            Cancel);
    }

    [Fact]
    public async Task Without_a_database_keys_in_memory_work_and_others_are_told_so()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var made = await process.Keys.CreateAsync(Plain, Cancel);
        var wrong = KeySecret.Create();
        using (new AwayDatabase(_folder))
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
            made = await process.Keys.CreateAsync(Plain, Cancel);
            Assert.DoesNotContain(made.Secret[6..], FilesText(), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(made.Secret[6..], FilesText(), StringComparison.Ordinal);
    }

    private static async Task<GatewayError?> RefusalAsync(StoreProcess process, string secret) =>
        (await process.Ring.FindAsync(secret, Cancel)).TryGet(out _, out var refusal) ? null : refusal;

    private string FilesText() => string.Concat(Directory.GetFiles(_folder.Path).Select(ReadShared));

    private static string ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file, System.Text.Encoding.Latin1);
        return reader.ReadToEnd();
    }

    /// <summary>The database's file is not where it was, as when its volume is gone; back on disposal.</summary>
    private sealed class AwayDatabase : IDisposable
    {
        private readonly TempFolder _folder;

        public AwayDatabase(TempFolder folder)
        {
            _folder = folder;
            File.Move(folder.DatabasePath, folder.DatabasePath + ".away");
            // Open connections would go on with the file that they hold.
            SqliteConnection.ClearAllPools();
        }

        public void Dispose() => File.Move(_folder.DatabasePath + ".away", _folder.DatabasePath);
    }
}
