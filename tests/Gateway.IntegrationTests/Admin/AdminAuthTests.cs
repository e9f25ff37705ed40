using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Gateway.IntegrationTests.Admin;

public sealed class AdminAuthTests
{
    private const string Wrong = "not-the-admin-key-at-all";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "/admin/keys")]
    [InlineData("POST", "/admin/keys")]
    [InlineData("GET", "/admin/keys/key_1")]
    [InlineData("PATCH", "/admin/keys/key_1")]
    [InlineData("DELETE", "/admin/keys/key_1")]
    [InlineData("GET", "/admin/requests")]
    [InlineData("GET", "/admin/requests/req_1")]
    public async Task No_call_is_answered_without_the_admin_key(string method, string path)
    {
        await using var app = await AdminApp.StartAsync(Cancel);

        foreach (var key in new[] { null, "", Wrong })
        {
            var (status, answer) = await app.SendAsync(new HttpMethod(method), path, key: key);

            Assert.Equal(HttpStatusCode.Unauthorized, status);
            Assert.Equal("invalid_api_key", Code(answer));
        }
    }

    [Fact]
    public async Task A_callers_key_opens_nothing_here()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        var (_, made) = await app.SendAsync(HttpMethod.Post, "/admin/keys", """{"name":"ci"}""");

        var (status, _) = await app.SendAsync(HttpMethod.Get, "/admin/keys", key: made.GetProperty("key").GetString());

        Assert.Equal(HttpStatusCode.Unauthorized, status);
    }

    [Fact]
    public async Task Five_wrong_keys_lock_the_address_out_for_a_minute_the_right_key_too()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using var app = await AdminApp.StartAsync(Cancel, time);
        for (var n = 0; n < 5; n++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await app.SendAsync(HttpMethod.Get, "/admin/keys", key: Wrong)).Status);
        }

        var (locked, answer) = await app.SendAsync(HttpMethod.Get, "/admin/keys");
        time.Advance(TimeSpan.FromMinutes(1));
        var (open, _) = await app.SendAsync(HttpMethod.Get, "/admin/keys");

        Assert.Equal(HttpStatusCode.TooManyRequests, locked);
        Assert.Equal("rate_limit_exceeded", Code(answer));
        Assert.Equal(HttpStatusCode.OK, open);
    }

    [Fact]
    public async Task Calls_without_any_key_lock_nobody_out()
    {
        await using var app = await AdminApp.StartAsync(Cancel);
        for (var n = 0; n < 10; n++)
        {
            await app.SendAsync(HttpMethod.Get, "/admin/keys", key: null);
        }

        Assert.Equal(HttpStatusCode.OK, (await app.SendAsync(HttpMethod.Get, "/admin/keys")).Status);
    }

    private static string? Code(JsonElement answer) => answer.GetProperty("error").GetProperty("code").GetString();
}
