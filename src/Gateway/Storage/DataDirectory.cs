namespace Gateway.Storage;

/// <summary>The folder that holds everything the gateway writes.</summary>
internal static class DataDirectory
{
    private const UnixFileMode OwnerOnlyFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnerOnlyFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Creates the folder where it is missing, for its owner only; one that exists keeps the rights its owner gave it.</summary>
    public static void Ensure(string path)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(path);
            }
            else if (!Directory.Exists(path))
            {
                Directory.CreateDirectory(path, OwnerOnlyFolder);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"The data directory '{path}' can't be created: {failure.Message} Set Gateway:DataDirectory to a folder that this user may write.", failure);
        }
    }

    /// <summary>Opens a file for writing that nobody but the owner may read from its first moment on.</summary>
    public static FileStream OpenOwnerOnly(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnlyFile;
        }

        return new FileStream(path, options);
    }
}
