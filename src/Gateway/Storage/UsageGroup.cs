namespace Gateway.Storage;

/// <summary>What usage is summed by; an empty text stands for none, since a primary key holds no nulls.</summary>
internal readonly record struct UsageGroup(long Bucket, string KeyId, string TeamId, string Model, string Provider);
