using System.Globalization;
using Gateway.Ledger;
using Gateway.Providers;

namespace Gateway.Proxy;

/// <summary>What an attempt says of its target's health. That an answer began is told as soon as it does, for streams may last.</summary>
internal static class TargetVerdict
{
    public static void Tell(TargetHealth health, UpstreamAnswer answer, DateTimeOffset now)
    {
        if (answer.Outcome is CallOutcome.ClientDisconnected || answer.IsUncommitted || answer.IsStopped)
        {
            return;
        }

        if (!answer.IsTargetsFailure || answer.Status == StatusCodes.Status409Conflict)
        {
            if (answer.Status is >= 400)
            {
                health.Answered();
            }

            return;
        }

        // Nobody there, too much asked, or a credential that the next call would show again: one such failure says it all.
        var isCredential = answer.Status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden;
        var pauseAtOnce = !answer.Sent || isCredential || answer.Status == StatusCodes.Status429TooManyRequests;
        health.Failed(new TargetFailure(now, Message(answer), isCredential, IsAbsence: answer.Status is null), pauseAtOnce, answer.RetryAfter);
    }

    private static string Message(UpstreamAnswer answer)
    {
        var what = answer.Outcome switch
        {
            CallOutcome.TimedOut => answer.Sent ? "no answer in time" : "not connected in time",
            CallOutcome.UpstreamCut => "broke off its answer",
            _ when !answer.Sent => "could not be connected to",
            _ when answer.Status is 401 or 403 => "refused the gateway's credential",
            _ when answer.Status is null => "broke off before an answer",
            _ => "answered with an error",
        };
        return answer.Status is { } status ? string.Create(CultureInfo.InvariantCulture, $"{what} (status {status})") : what;
    }
}
