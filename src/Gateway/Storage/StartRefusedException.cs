namespace Gateway.Storage;

/// <summary>The gateway can't start; the message is the one line that tells the operator why and what to do.</summary>
internal sealed class StartRefusedException(string reason, Exception? cause) : Exception(reason, cause);
