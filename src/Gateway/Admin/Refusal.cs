using Gateway.OpenAi;

namespace Gateway.Admin;

/// <summary>An admin call's refusal, handed to the one writer of errors.</summary>
internal sealed class Refusal(GatewayError error) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => ErrorResponse.WriteAsync(httpContext, error);
}
