namespace Gateway.Quotas;

/// <summary>What one reservation is charged at on one limit. Written beside the reservation when it is made, read when counters are rebuilt.</summary>
internal readonly record struct ChargeSnapshot(string LimitId, LimitPeriod Per, LimitUnit Unit, long Window, long Charged);
