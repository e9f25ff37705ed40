using System.ComponentModel.DataAnnotations;

namespace Gateway.Proxy;

/// <summary>Large bodies: <c>Gateway:Uploads</c>.</summary>
public sealed class UploadOptions
{
    /// <summary>Largest upload (audio, images, files), in bytes. Default 512 MiB; 1 MiB to 16 GiB. Above: 413.</summary>
    [Range(1L << 20, 1L << 34)]
    public long MaxBytes { get; set; } = 512L << 20;

    /// <summary>What of an upload is kept in memory before it goes to a temporary file below the data directory, in bytes. Default 256 KiB; 4 KiB to 16 MiB.</summary>
    [Range(4 << 10, 16 << 20)]
    public int MemoryBytes { get; set; } = 256 << 10;
}
