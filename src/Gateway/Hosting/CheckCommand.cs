namespace Gateway.Hosting;

/// <summary><c>check</c>: tells every fault of the settings with its place, without starting anything, or that there is none.</summary>
internal static class CheckCommand
{
    public const string Word = "check";

    /// <param name="configuration">The settings from every source, those behind the command included.</param>
    /// <param name="output">Hears that all is well.</param>
    /// <param name="errors">Hears the faults, one a line.</param>
    /// <returns>The exit code.</returns>
    public static int Run(IConfigurationRoot configuration, TextWriter output, TextWriter errors)
    {
        var faults = SettingsCheck.Check(configuration);
        var places = new SettingPlaces(configuration);
        foreach (string fault in faults)
        {
            errors.WriteLine(places.Of(fault) is { } place ? $"{SettingText.Printable(place)}: {fault}" : fault);
        }

        if (faults.Count > 0)
        {
            return 1;
        }

        output.WriteLine("ok");
        return 0;
    }
}
