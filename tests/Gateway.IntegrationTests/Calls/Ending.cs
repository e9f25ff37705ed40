namespace Gateway.IntegrationTests.Calls;

/// <summary>How a call of the metering table ends.</summary>
internal enum Ending
{
    Whole,
    Stream,
    Cut,
    Left,
    Refused,
}
