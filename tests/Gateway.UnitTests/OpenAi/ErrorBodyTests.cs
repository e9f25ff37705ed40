using System.Buffers;
using System.Text;
using Gateway.OpenAi;
using Gateway.UnitTests.Architecture;
using Xunit;

namespace Gateway.UnitTests.OpenAi;

public sealed class ErrorBodyTests
{
    private static readonly GatewayError[] Errors =
    [
        GatewayError.InvalidJson("The body is not JSON."), GatewayError.InvalidRequest("'n' must be at least 1.", "n"), GatewayError.MissingModel(),
        GatewayError.UnknownField("nmae", ["name", "models"]), GatewayError.EndpointNotSupported("m", "embeddings", ["chat/completions"]),
        GatewayError.MissingKey(), GatewayError.InvalidKey(), GatewayError.AdminKeyRequired(), GatewayError.TooManyWrongKeys(TimeSpan.FromSeconds(60)),
        GatewayError.ModelNotAllowed("m"), GatewayError.ModelNotFound("m"), GatewayError.UnknownUrl("GET", "/v1/x"), GatewayError.NotFound("key", "key_1"), GatewayError.PreviousResponseNotFound("resp_1"),
        GatewayError.UpgradeNotSupported(), GatewayError.MethodNotAllowed("PUT"), GatewayError.RequestTimeout(), GatewayError.UnsupportedMediaType("Send JSON."),
        GatewayError.RequestTooLarge(1024), GatewayError.UpstreamUnreachable(), GatewayError.UpstreamInvalidResponse(), GatewayError.UpstreamGaveNoReason(500), GatewayError.UpstreamAuthFailed(),
        GatewayError.UpstreamTimeout(), GatewayError.StoreUnavailable(), GatewayError.ShuttingDown(), GatewayError.Internal(),
        GatewayError.ModelNotPriced("m"), GatewayError.TeamHasKeys("web", 2), GatewayError.QuotaStoreUnavailable(),
        GatewayError.RateLimited("tokens", "The key 'ci' has reached its limit.", TimeSpan.FromSeconds(7)), GatewayError.NoHealthyTarget(TimeSpan.FromSeconds(7)), GatewayError.QuotaExhausted("The team 'web' has reached its limit.", null),
        GatewayError.BatchNotAllowed(), GatewayError.NoFilesProvider(), GatewayError.NoRoomForUpload(),
        GatewayError.KeyIsRevoked("key_1"), GatewayError.ImportClash("Nothing was imported."), GatewayError.UnboundedInput("prompt"),
    ];

    [Fact]
    public void Every_error_has_its_golden_body()
    {
        var actual = string.Concat(Errors.Select(error => $"{error.Status} {Body(error)}\n"));

        Assert.Equal(File.ReadAllText(Path.Combine(SourceTree.Root, "tests", "Gateway.UnitTests", "Golden", "errors.txt")), actual);
    }

    [Fact]
    public void Every_factory_is_in_the_golden_list()
    {
        var factories = typeof(GatewayError).GetMethods(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public)
            .Count(method => method.ReturnType == typeof(GatewayError) && !method.IsSpecialName);

        Assert.Equal(factories, Errors.Length);
    }

    [Fact]
    public void Text_of_the_callers_comes_back_shortened_and_escaped()
    {
        var body = Body(GatewayError.ModelNotFound("\r\n\"<" + new string('x', 10_000)));

        Assert.True(body.Length < 500);
        Assert.DoesNotContain('\n', body);
    }

    private static string Body(GatewayError error)
    {
        var body = new ArrayBufferWriter<byte>();
        ErrorResponse.WriteBody(body, error);
        return Encoding.UTF8.GetString(body.WrittenSpan);
    }
}
