using Gateway.Bench.Processes;
using Gateway.Bench.Stores;

namespace Gateway.Bench.Candidates;

/// <summary>nginx as a plain proxy: two workers, no buffering, connections to the upstream kept.</summary>
internal static class Nginx
{
    /// <summary>Where it is installed; its folder is not always on an ordinary user's PATH.</summary>
    public static string? Find() =>
        Programs.Find("nginx", "/usr/sbin");

    public static ChildProcess Start(string program, int port, int upstreamPort, DirectoryInfo folder)
    {
        var home = folder.CreateSubdirectory("nginx").FullName;
        var configuration = Path.Combine(home, "nginx.conf");
        File.WriteAllText(configuration, Configuration(port, upstreamPort, home));
        return ChildProcess.Start("nginx", program, ["-p", home, "-e", "stderr", "-c", configuration], home);
    }

    private static string Configuration(int port, int upstreamPort, string home) => $$"""
        daemon off;
        worker_processes 2;
        pid {{home}}/nginx.pid;
        error_log stderr error;
        events { worker_connections 4096; }
        http {
          access_log off;
          client_body_temp_path {{home}}/body;
          proxy_temp_path {{home}}/proxy;
          fastcgi_temp_path {{home}}/fastcgi;
          uwsgi_temp_path {{home}}/uwsgi;
          scgi_temp_path {{home}}/scgi;
          client_body_buffer_size 256k;
          keepalive_requests 1000000000;
          upstream mock {
            server 127.0.0.1:{{upstreamPort}};
            keepalive 1024;
            keepalive_requests 1000000000;
          }
          server {
            listen 127.0.0.1:{{port}} backlog=4096;
            location / {
              proxy_pass http://mock;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_buffering off;
            }
          }
        }
        """;
}
