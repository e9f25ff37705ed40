using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.IntegrationTests.Infrastructure;

/// <summary>
/// A small OpenID provider on a real port that signs in whoever comes: authorization code with PKCE, one client, one key. It insists on what a
/// provider has to insist on, and can be told to lie.
/// </summary>
internal sealed class OidcServer : IAsyncDisposable
{
    public const string ClientId = "gateway";
    public const string ClientSecret = "oidc-client-secret-0123456789";

    private readonly WebApplication _app;
    private readonly RSA _key = RSA.Create(2048);
    private readonly RSA _otherKey = RSA.Create(2048);
    private readonly ConcurrentDictionary<string, (string Challenge, string Nonce, string Redirect)> _codes = new();

    private OidcServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapGet("/.well-known/openid-configuration", Discover);
        _app.MapGet("/keys", Keys);
        _app.MapGet("/authorize", Authorize);
        _app.MapPost("/token", TokenAsync);
    }

    /// <summary>By another name than the gateways of tests have: to a browser it is another site.</summary>
    public string Issuer => $"http://localhost:{new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.Single() ?? "http://x:1").Port}";

    /// <summary>Who comes: claims of the ID token beside those of the protocol.</summary>
    public Dictionary<string, object> Person { get; } = new() { ["sub"] = "u1", ["name"] = "Ana" };

    /// <summary>Claims that the token has instead of the true ones.</summary>
    public Dictionary<string, object> Lies { get; } = [];

    public bool SignsWithAnotherKey { get; set; }

    /// <summary>Where the gateway last wished to be sent back to.</summary>
    public string? LastRedirect { get; private set; }

    /// <summary>Settings of a gateway that people sign in to here.</summary>
    public string[] Settings =>
    [
        "--Gateway:DiscoverProviders=false", $"--Gateway:Console:Oidc:Authority={Issuer}", $"--Gateway:Console:Oidc:ClientId={ClientId}", $"--Gateway:Console:Oidc:ClientSecret={ClientSecret}",
        "--Gateway:Console:Oidc:Name=Example", "--Gateway:Console:Oidc:MayChange:0=platform", "--Gateway:Console:Oidc:MayChange:1=Boss@example.org", "--Gateway:Console:Oidc:MaySee:0=finance",
    ];

    public static async Task<OidcServer> StartAsync()
    {
        var server = new OidcServer();
        await server._app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
        _otherKey.Dispose();
    }

    private IResult Discover() => Results.Json(new Dictionary<string, object>
    {
        ["issuer"] = Issuer,
        ["authorization_endpoint"] = $"{Issuer}/authorize",
        ["token_endpoint"] = $"{Issuer}/token",
        ["jwks_uri"] = $"{Issuer}/keys",
        ["response_types_supported"] = (List<string>)["code"],
        ["subject_types_supported"] = (List<string>)["public"],
        ["id_token_signing_alg_values_supported"] = (List<string>)["RS256"],
    });

    private IResult Keys()
    {
        var key = _key.ExportParameters(false);
        return Results.Json(new { keys = new[] { new { kty = "RSA", use = "sig", alg = "RS256", kid = "k1", n = Base64Url.EncodeToString(key.Modulus), e = Base64Url.EncodeToString(key.Exponent) } } });
    }

    private IResult Authorize(HttpRequest request)
    {
        var query = request.Query;
        LastRedirect = query["redirect_uri"];
        if (query["client_id"] != ClientId || query["response_type"] != "code" || query["code_challenge_method"] != "S256" || !query["scope"].ToString().Contains("openid", StringComparison.Ordinal))
        {
            return Results.BadRequest("not a request that this provider knows");
        }

        var code = Guid.NewGuid().ToString("N");
        _codes[code] = (query["code_challenge"].ToString(), query["nonce"].ToString(), query["redirect_uri"].ToString());
        return Results.Redirect($"{query["redirect_uri"]}?code={code}&state={Uri.EscapeDataString(query["state"].ToString())}");
    }

    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        var isRight = _codes.TryRemove(form["code"].ToString(), out var asked)
            && form["client_id"] == ClientId && form["client_secret"] == ClientSecret && form["redirect_uri"] == asked.Redirect
            && Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))) == asked.Challenge;
        return isRight
            ? Results.Json(new { access_token = "unused", token_type = "Bearer", id_token = IdToken(asked.Nonce) })
            : Results.Json(new { error = "invalid_grant" }, statusCode: 400);
    }

    private string IdToken(string nonce)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>(Person) { ["iss"] = Issuer, ["aud"] = ClientId, ["nonce"] = nonce, ["iat"] = now, ["exp"] = now + 300 };
        foreach (var (name, lie) in Lies)
        {
            claims[name] = lie;
        }

        var signed = Base64Url.EncodeToString("""{"alg":"RS256","kid":"k1","typ":"JWT"}"""u8) + "." + Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims));
        var signature = (SignsWithAnotherKey ? _otherKey : _key).SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return signed + "." + Base64Url.EncodeToString(signature);
    }
}
