using System.Text;

namespace Gateway.Prompts;

/// <summary>
/// The same records as structured log events, for operators who keep them in files, Seq or OTLP: of the category <see cref="Category"/>, which is off unless the settings
/// of the logger raise it. Redacted like what is stored; what a sink keeps is out of reach of retention and erasure.
/// </summary>
internal sealed partial class PromptEvents(ILoggerFactory loggers)
{
    public const string Category = "Gateway.PromptLog";

    private readonly ILogger _log = loggers.CreateLogger(Category);

    public void Tell(PromptRow row, CapturedCall call)
    {
        if (!_log.IsEnabled(LogLevel.Information))
        {
            return;
        }

        var answer = row.Answer is { } json ? AnswerText.Join(AnswerText.Read(json)) : null;
        LogPrompt(
            row.Id.Value, row.KeyId?.Value, row.TeamId, row.User, call.Endpoint.Path, call.Model, row.Prompt is { } prompt ? Encoding.UTF8.GetString(prompt) : null, answer);
    }

    [LoggerMessage(4110, LogLevel.Information, "Prompt of {RequestId}: key {KeyId}, team {TeamId}, user {User}, {Endpoint}, model {Model}, prompt {Prompt}, answer {Answer}")]
    private partial void LogPrompt(string requestId, string? keyId, string? teamId, string? user, string endpoint, string? model, string? prompt, string? answer);
}
