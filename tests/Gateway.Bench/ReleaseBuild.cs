using System.Diagnostics;
using System.Reflection;

namespace Gateway.Bench;

/// <summary>Refuses to measure what nobody runs.</summary>
internal static class ReleaseBuild
{
    public static void Require()
    {
        var debuggable = Assembly.GetExecutingAssembly().GetCustomAttribute<DebuggableAttribute>();
        if (debuggable?.IsJITOptimizerDisabled == true)
        {
            throw new InvalidOperationException("Figures of a Debug build mean nothing: run with -c Release.");
        }
    }
}
