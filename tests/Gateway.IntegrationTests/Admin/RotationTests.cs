using System.Net;
using System.Text.Json;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.IntegrationTests.Storage;
using Gateway.Keys;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.IntegrationTests.Admin;

public sealed class RotationTests : IDisposable
{
    private static readonly KeySpec Plain = new("ci", null, null, new Dictionary<string, string>());

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_old_secret_works_to_the_end_of_its_grace_and_the_new_one_from_now_on()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel, time: time);
        var made = await process.NewKeyAsync(Plain, Cancel);
        Assert.True(await OpensAsync(process, made.Secret));

        var rotated = await RotateAsync(process, made, TimeSpan.FromSeconds(60));

        Assert.Equal(made.Key.Id, rotated.Key.Id);
        Assert.True(await OpensAsync(process, rotated.Secret));
        time.Advance(TimeSpan.FromSeconds(60) - TimeSpan.FromMilliseconds(1));
        Assert.True(await OpensAsync(process, made.Secret));
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(await OpensAsync(process, made.Secret));
        Assert.True(await OpensAsync(process, rotated.Secret));
    }

    [Fact]
    public async Task Each_old_secret_has_its_own_grace_and_a_revoked_key_none()
    {
        await using var process = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var first = await process.NewKeyAsync(Plain, Cancel);
        var second = await RotateAsync(process, first, TimeSpan.FromHours(1));
        var third = await RotateAsync(process, first, TimeSpan.FromHours(1));
        foreach (var secret in new[] { first, second, third })
        {
            Assert.True(await OpensAsync(process, secret.Secret));
        }

        var fourth = await RotateAsync(process, first, TimeSpan.Zero);
        Assert.False(await OpensAsync(process, third.Secret));
        Assert.True(await OpensAsync(process, first.Secret));
        Assert.True(await OpensAsync(process, fourth.Secret));

        await process.Keys.RevokeAsync(first.Key.Id, StoreProcess.Admin, Cancel);
        foreach (var secret in new[] { first, second, third, fourth })
        {
            Assert.False(await OpensAsync(process, secret.Secret));
        }
    }

    [Fact]
    public async Task Other_replicas_take_the_new_secret_at_once_and_drop_the_old_one_within_a_second()
    {
        await using var here = await StoreProcess.StartAsync(_folder.Path, Cancel);
        await using var there = await StoreProcess.StartAsync(_folder.Path, Cancel);
        var made = await here.NewKeyAsync(Plain, Cancel);
        Assert.True(await OpensAsync(there, made.Secret));

        var rotated = await RotateAsync(here, made, TimeSpan.Zero);

        Assert.True(await OpensAsync(there, rotated.Secret));
        await Eventually.IsTrueAsync(async () => !await OpensAsync(there, made.Secret), TimeSpan.FromSeconds(10), Cancel);
    }

    [Fact]
    public async Task The_call_shows_the_new_secret_once_and_needs_no_body()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var (_, made) = await app.SendAsync(HttpMethod.Post, "/admin/keys", """{"name":"ci"}""");
        var path = $"/admin/keys/{made.GetProperty("id").GetString()}";

        var (status, rotated) = await app.SendAsync(HttpMethod.Post, $"{path}/rotate");

        Assert.Equal(HttpStatusCode.OK, status);
        var secret = rotated.GetProperty("key").GetString() ?? "";
        Assert.NotEqual(made.GetProperty("key").GetString(), secret);
        Assert.Equal(secret[^4..], rotated.GetProperty("key_hint").GetString());
        var (_, shown) = await app.SendAsync(HttpMethod.Get, path);
        Assert.False(shown.TryGetProperty("key", out _));
        Assert.NotEqual(JsonValueKind.Null, shown.GetProperty("rotated_at").ValueKind);
    }

    [Theory]
    [InlineData("""{"grace_seconds":-1}""", HttpStatusCode.BadRequest, "grace_seconds")]
    [InlineData("""{"grace_seconds":2592001}""", HttpStatusCode.BadRequest, "grace_seconds")]
    [InlineData("""{"grace_seconds":1.5}""", HttpStatusCode.BadRequest, "grace_seconds")]
    [InlineData("""{"grace_seconds":"60"}""", HttpStatusCode.BadRequest, "grace_seconds")]
    [InlineData("""{"grace":60}""", HttpStatusCode.BadRequest, "grace")]
    public async Task A_grace_that_is_none_is_refused(string body, HttpStatusCode expected, string param)
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var (_, made) = await app.SendAsync(HttpMethod.Post, "/admin/keys", """{"name":"ci"}""");

        var (status, answer) = await app.SendAsync(HttpMethod.Post, $"/admin/keys/{made.GetProperty("id").GetString()}/rotate", body);

        Assert.Equal((expected, param), (status, answer.GetProperty("error").GetProperty("param").GetString()));
    }

    [Fact]
    public async Task A_revoked_key_stays_revoked()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var (_, made) = await app.SendAsync(HttpMethod.Post, "/admin/keys", """{"name":"ci"}""");
        var path = $"/admin/keys/{made.GetProperty("id").GetString()}";
        await app.SendAsync(HttpMethod.Delete, path);

        var (status, answer) = await app.SendAsync(HttpMethod.Post, $"{path}/rotate", "{}");

        Assert.Equal((HttpStatusCode.Conflict, "key_revoked"), (status, answer.GetProperty("error").GetProperty("code").GetString()));
    }

    private static async Task<NewKey> RotateAsync(StoreProcess process, NewKey key, TimeSpan grace) =>
        (await process.Keys.RotateAsync(key.Key.Id, grace, StoreProcess.Admin, Cancel)).TryGet(out var rotated, out var refusal)
            ? rotated
            : throw new InvalidOperationException(refusal.Message);

    private static async ValueTask<bool> OpensAsync(StoreProcess process, string secret) => (await process.Ring.FindAsync(secret, Cancel)).TryGet(out _, out _);
}
