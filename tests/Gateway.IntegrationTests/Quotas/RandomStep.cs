using Gateway.Quotas;

namespace Gateway.IntegrationTests.Quotas;

/// <summary>One random operation: how much time passes before it, and how any store performs it.</summary>
internal sealed record RandomStep(string Name, TimeSpan Passes, bool NewEpoch, string? Reserves, Func<IQuotaStore, QuotaShard, Task<string>> Run);
