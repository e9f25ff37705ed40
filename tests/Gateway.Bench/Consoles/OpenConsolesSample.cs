namespace Gateway.Bench.Consoles;

/// <summary>What one measurement saw; all in microseconds.</summary>
internal sealed record OpenConsolesSample(double CpuPerRequest, double P50, double P99);
