using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Gateway.Admin;
using Gateway.IntegrationTests.Infrastructure;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Gateway.IntegrationTests.Hosting;

/// <summary>The API's description says what the gateway does.</summary>
public sealed partial class ApiDocumentTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_has_every_call_there_is_and_no_other()
    {
        await using var gateway = await StartAsync();
        var document = await DocumentAsync(gateway);

        var described = from path in document.GetProperty("paths").EnumerateObject()
                        from method in path.Value.EnumerateObject()
                        let scheme = method.Value.GetProperty("security").EnumerateArray().Select(one => one.EnumerateObject().First().Name).FirstOrDefault()
                        select $"{method.Name.ToUpperInvariant()} {path.Name} {scheme switch { "admin_key" => "admin key", null => "open", _ => "caller's key" }}";

        Assert.Equal(Served(gateway), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Its_schemas_have_the_fields_of_the_answers()
    {
        await using var gateway = await StartAsync();
        var schemas = (await DocumentAsync(gateway)).GetProperty("components").GetProperty("schemas");
        (string Schema, JsonTypeInfo Answer)[] pairs =
        [
            ("Key", AdminJson.Default.KeyView), ("Team", AdminJson.Default.TeamView), ("Request", AdminJson.Default.RequestView), ("AuditEntry", AdminJson.Default.AuditView),
            ("ImportResult", AdminJson.Default.ImportView), ("NearLimit", AdminJson.Default.NearLimitView), ("Limit", AdminJson.Default.LimitView), ("LimitSpec", AdminJson.Default.LimitSpec),
            ("Feedback", AdminJson.Default.FeedbackView), ("Attempt", AdminJson.Default.AttemptEntry), ("AnswerPart", AdminJson.Default.AnswerPartText),
            ("Model", AdminJson.Default.ModelView), ("Target", AdminJson.Default.TargetView), ("Provider", AdminJson.Default.ProviderView),
        ];

        foreach (var (schema, answer) in pairs)
        {
            Assert.Equal(
                (schema, string.Join(' ', answer.Properties.Select(property => property.Name).Order(StringComparer.Ordinal))),
                (schema, string.Join(' ', schemas.GetProperty(schema).GetProperty("properties").EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal))));
        }
    }

    [Fact]
    public async Task Every_reference_leads_somewhere()
    {
        await using var gateway = await StartAsync();
        var document = await DocumentAsync(gateway);

        var broken = Reference().Matches(document.GetRawText()).Select(match => match.Groups[1].Value).Distinct()
            .Where(path => !path.Split('/').Aggregate((JsonElement?)document, (at, name) => at is { ValueKind: JsonValueKind.Object } here && here.TryGetProperty(name, out var next) ? next : null).HasValue);

        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Empty(broken);
    }

    [Fact]
    public async Task The_page_loads_nothing_and_may_load_nothing()
    {
        await using var gateway = await StartAsync();
        using var client = new HttpClient { BaseAddress = gateway.Address };

        using var response = await client.GetAsync(new Uri("/docs", UriKind.Relative), Cancel);
        var page = await response.Content.ReadAsStringAsync(Cancel);

        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("default-src 'none'", Assert.Single(response.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("src=", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http://", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("https://", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("GET /admin/usage", page, StringComparison.Ordinal);
        Assert.All(Anchor().Matches(page), match => Assert.Contains($"id=\"{match.Groups[1].Value}\"", page, StringComparison.Ordinal));
    }

    private static Task<GatewayHost> StartAsync() => GatewayHost.StartAsync(["--Gateway:DiscoverProviders=false"]);

    private static async Task<JsonElement> DocumentAsync(GatewayHost gateway)
    {
        using var client = new HttpClient { BaseAddress = gateway.Address };
        return JsonSerializer.Deserialize<JsonElement>(await client.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), Cancel));
    }

    /// <summary>What the gateway serves, without what only refuses, other spellings of the same, and calls that have no answer to describe.</summary>
    private static IEnumerable<string> Served(GatewayHost gateway) =>
        (from endpoint in gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
         from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]
         let path = ("/" + endpoint.RoutePattern.RawText?.TrimStart('/')).Replace("**", "", StringComparison.Ordinal)
         // The console is no part of the API.
         where path != "/" && !path.StartsWith("/console", StringComparison.Ordinal) && !path.StartsWith("/_", StringComparison.Ordinal)
         let auth = path.StartsWith("/admin/", StringComparison.Ordinal) || path == "/metrics" ? "admin key" : endpoint.DisplayName ?? ""
         where method != "HEAD" && !auth.StartsWith("caller's key:", StringComparison.Ordinal) && (auth != "caller's key" || path.StartsWith("/v1/", StringComparison.Ordinal))
         select $"{method} {path} {auth}").Order(StringComparer.Ordinal);

    [GeneratedRegex("\"\\$ref\": *\"#/([^\"]+)\"")]
    private static partial Regex Reference();

    [GeneratedRegex("href=\"#([^\"]+)\"")]
    private static partial Regex Anchor();
}
