using System.Reflection;

namespace Gateway.Telemetry;

/// <summary>Which build this is.</summary>
internal static class BuildInfo
{
    /// <summary>The version without the commit, such as <c>0.1.0</c>.</summary>
    public static readonly string Version =
        typeof(BuildInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
