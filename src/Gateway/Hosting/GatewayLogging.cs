using Gateway.Prompts;
using Serilog;
using Serilog.Events;

namespace Gateway.Hosting;

/// <summary>Logs by Serilog: readable text on a terminal, one compact JSON object a line elsewhere. The section <c>Serilog</c> changes levels and sinks as its users know it.</summary>
internal static class GatewayLogging
{
    /// <summary>Frameworks that tell of every request at Information, which costs several times what a call costs.</summary>
    private static readonly string[] Frameworks = ["Microsoft", "System"];

    /// <param name="services">The container.</param>
    /// <param name="configuration">Where the section <c>Serilog</c> is read.</param>
    /// <param name="isTerminal">Whether standard output is one.</param>
    public static IServiceCollection AddGatewayLogging(this IServiceCollection services, IConfiguration configuration, bool isTerminal) =>
        services.AddSerilog(logger => Configure(logger, configuration, isTerminal), preserveStaticLogger: true);

    /// <summary>The defaults first, so that what the section <c>Serilog</c> says wins; its own sinks take the place of the console.</summary>
    public static LoggerConfiguration Configure(LoggerConfiguration logger, IConfiguration configuration, bool isTerminal)
    {
        logger.MinimumLevel.Information().Enrich.FromLogContext();
        foreach (string framework in Frameworks)
        {
            logger.MinimumLevel.Override(framework, LogEventLevel.Warning);
        }

        // It warns of every call that fails at a provider or is left by its caller: those are in the ledger and the metrics.
        logger.MinimumLevel.Override("Yarp", LogEventLevel.Error);

        // Where this category is on at all, ASP.NET Core makes an activity and a log scope for every request.
        logger.MinimumLevel.Override("Microsoft.AspNetCore.Hosting.Diagnostics", LevelAlias.Off);

        // Prompts are events only for those who ask for them: raised in the section Serilog, they go to whatever sinks it names.
        logger.MinimumLevel.Override(PromptEvents.Category, LevelAlias.Off);

        // The host logs a refused start with its stack; the refusal is told in a line of its own, and a bug ends the process with the same stack.
        logger.Filter.ByExcluding(happened => happened.MessageTemplate.Text == "Hosting failed to start");
        logger.ReadFrom.Configuration(configuration);
        if (configuration.GetSection("Serilog:WriteTo").GetChildren().Any())
        {
            return logger;
        }

        return isTerminal
            ? logger.WriteTo.Console(new TerminalLogText())
            : logger.WriteTo.Console(new CompactLogText());
    }
}
