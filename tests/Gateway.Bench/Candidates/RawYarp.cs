using System.Net;
using Gateway.Bench.Processes;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Bench.Candidates;

/// <summary>The floor: YARP's forwarder with the settings the gateway uses, and nothing else.</summary>
internal static class RawYarp
{
    public static async Task<int> RunAsync(int port, string upstream)
    {
        ThreadPool.SetMinThreads(8, 8);
        using var client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
        });
        var settings = new ForwarderRequestConfig { ActivityTimeout = TimeSpan.FromMinutes(10) };

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        builder.Services.AddHttpForwarder();
        await using var app = builder.Build();
        var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
        app.Map("/{**path}", async context =>
        {
            await forwarder.SendAsync(context, upstream, client, settings, HttpTransformer.Default, context.RequestAborted);
        });

        await app.StartAsync();
        await ParentWatch.UntilParentLeavesAsync();
        await app.StopAsync();
        return 0;
    }
}
