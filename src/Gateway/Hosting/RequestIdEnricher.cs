using Serilog.Core;
using Serilog.Events;

namespace Gateway.Hosting;

/// <summary>Puts the request's id into what is logged while it is served. Looked up only when something is logged, so that calls pay nothing for a scope.</summary>
internal sealed class RequestIdEnricher(IHttpContextAccessor accessor) : ILogEventEnricher
{
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        if (accessor.HttpContext is { TraceIdentifier: { } id })
        {
            // The name under which ASP.NET Core's own scopes have it.
            logEvent.AddOrUpdateProperty(propertyFactory.CreateProperty("RequestId", id));
        }
    }
}
