using Gateway.OpenAi;
using Gateway.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Gateway.Proxy;

/// <summary>
/// Takes in uploads: whole, since a body may be sent more than once and its model may come behind its file, but with bounded memory. What is too large for that goes to a
/// file that has no name any more once it is open, so that no end of the process, not even a kill, leaves it behind.
/// </summary>
internal sealed partial class UploadSpool(DataFolder data, IOptions<UploadOptions> options, ILogger<UploadSpool> log) : IHostedService
{
    private const int ChunkBytes = 64 * 1024;

    private readonly string _folder = Path.Combine(data.Path, "uploads");

    /// <summary>Reads a body to its end, shows it to the scanner as it comes, and refuses what is too large or what the scanner refuses.</summary>
    public async Task<Outcome<SpooledBody>> ReadAsync(HttpRequest request, UploadScanner scanner, CancellationToken cancel)
    {
        var most = options.Value.MaxBytes;
        if (request.ContentLength > most)
        {
            return GatewayError.RequestTooLarge(most);
        }

        var body = new SpooledBody(options.Value.MemoryBytes, OpenFile);
        var isRead = false;
        try
        {
            var chunk = new byte[ChunkBytes];
            while (await request.Body.ReadAsync(chunk, cancel) is var read and > 0)
            {
                if (body.Length + read > most)
                {
                    return GatewayError.RequestTooLarge(most);
                }

                if (scanner.Read(chunk.AsSpan(0, read)) is { } refused)
                {
                    return refused;
                }

                try
                {
                    await body.WriteAsync(chunk.AsMemory(0, read), cancel);
                }
                catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
                {
                    LogNoRoom(failure, body.Length);
                    return GatewayError.NoRoomForUpload();
                }
            }

            if (scanner.Complete() is { } incomplete)
            {
                return incomplete;
            }

            isRead = true;
            return body;
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status400BadRequest && request.ContentLength is not null)
        {
            throw new ConnectionResetException("The caller went away in the middle of the upload.", e);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status408RequestTimeout)
        {
            return GatewayError.RequestTimeout();
        }
        catch (BadHttpRequestException)
        {
            return GatewayError.InvalidRequest("The request's body was not sent in valid HTTP.");
        }
        finally
        {
            if (!isRead)
            {
                await body.DisposeAsync();
            }
        }
    }

    /// <summary>Where the system keeps names of open files, files of a process that died are left: they are of no use to anyone.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(_folder))
        {
            foreach (var left in Directory.EnumerateFiles(_folder))
            {
                File.Delete(left);
            }
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private FileStream OpenFile()
    {
        DataDirectory.Ensure(_folder);
        var path = Path.Combine(_folder, Guid.NewGuid().ToString("N"));
        var settings = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
        {
            settings.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var file = new FileStream(path, settings);
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(path);
        }

        return file;
    }

    [LoggerMessage(6001, LogLevel.Error, "An upload could not be kept below the data directory after {Bytes} bytes")]
    private partial void LogNoRoom(Exception failure, long bytes);
}
