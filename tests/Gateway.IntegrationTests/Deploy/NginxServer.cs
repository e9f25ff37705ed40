using System.Diagnostics;
using Gateway.IntegrationTests.Infrastructure;

namespace Gateway.IntegrationTests.Deploy;

/// <summary>nginx with the settings that are shipped, before two gateways of the test.</summary>
internal sealed class NginxServer : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Process _process;

    private NginxServer(Uri first, Uri second)
    {
        Address = new Uri(GatewayProcess.FreeAddress());
        var shipped = File.ReadAllText(Repository.PathOf("deploy", "nginx", "gateway.conf"))
            .Replace("gateway-1:4000", first.Authority, StringComparison.Ordinal)
            .Replace("gateway-2:4000", second.Authority, StringComparison.Ordinal)
            .Replace("listen 8080", $"listen {Address.Authority}", StringComparison.Ordinal);
        File.WriteAllText(_folder.File("gateway.conf"), shipped);
        File.WriteAllText(_folder.File("nginx.conf"), $$"""
            daemon off;
            worker_processes 1;
            pid {{_folder.Path}}/nginx.pid;
            error_log stderr crit;
            events { worker_connections 2048; }
            http {
              access_log off;
              client_body_temp_path {{_folder.Path}}/body;
              proxy_temp_path {{_folder.Path}}/proxy;
              fastcgi_temp_path {{_folder.Path}}/fastcgi;
              uwsgi_temp_path {{_folder.Path}}/uwsgi;
              scgi_temp_path {{_folder.Path}}/scgi;
              include {{_folder.Path}}/gateway.conf;
            }
            """);
        _process = Process.Start(new ProcessStartInfo("nginx", ["-p", _folder.Path, "-e", "stderr", "-c", _folder.File("nginx.conf")])) ?? throw new InvalidOperationException("nginx did not start.");
    }

    public Uri Address { get; }

    public static NginxServer Start(Uri first, Uri second) => new(first, second);

    /// <summary>Waits until it does.</summary>
    public async Task AnswersAsync()
    {
        using var client = new HttpClient { BaseAddress = Address };
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri("/health/live", UriKind.Relative), limit.Token);
                return;
            }
            catch (HttpRequestException)
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Its own stop, since a killed master leaves its workers behind.
        using (var quit = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
        {
            await quit.WaitForExitAsync();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }
}
