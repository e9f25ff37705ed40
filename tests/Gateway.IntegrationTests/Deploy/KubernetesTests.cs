using System.Text.RegularExpressions;
using Gateway.Hosting;
using Gateway.IntegrationTests.Infrastructure;
using Gateway.Proxy;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Gateway.IntegrationTests.Deploy;

/// <summary>The manifests are what the cluster's own types take, hang together, and fit the program that they run.</summary>
public sealed partial class KubernetesTests
{
    private const string Metadata = "169.254.0.0/16";

    private static readonly V1Deployment Deployment = Read<V1Deployment>("base", "deployment.yaml");

    private static V1PodSpec Pod => Deployment.Spec.Template.Spec;

    private static V1Container Container => Assert.Single(Pod.Containers);

    /// <summary>Strict: a field that its type does not have, as a misspelt probe would be, is an error.</summary>
    [Fact]
    public void Every_manifest_is_of_a_known_type_and_is_listed_to_be_applied()
    {
        Type[] types =
        [
            typeof(V1Deployment), typeof(V1Service), typeof(V1ServiceAccount), typeof(V1PodDisruptionBudget), typeof(V1NetworkPolicy), typeof(V2HorizontalPodAutoscaler),
        ];
        var map = types.ToDictionary(type => type.GetCustomAttributes(false).OfType<KubernetesEntityAttribute>().Select(entity => entity.Group.Length == 0 ? $"{entity.ApiVersion}/{entity.Kind}" : $"{entity.Group}/{entity.ApiVersion}/{entity.Kind}").Single());
        foreach (var kustomization in Directory.GetFiles(Repository.PathOf("deploy", "kubernetes"), "kustomization.yaml", SearchOption.AllDirectories))
        {
            var folder = Path.GetDirectoryName(kustomization) ?? "";
            var listed = Listed(kustomization);
            var files = Directory.GetFiles(folder, "*.yaml").Where(file => file != kustomization).Select(file => Path.GetFileName(file)).ToList();
            Assert.Equal(files.Order(), listed.Where(resource => resource.EndsWith(".yaml", StringComparison.Ordinal)).Order());
            Assert.All(listed.Where(resource => resource.StartsWith("..", StringComparison.Ordinal)), other => Assert.True(File.Exists(Path.Combine(folder, other, "kustomization.yaml")), other));
            foreach (var file in files)
            {
                var one = Assert.Single(KubernetesYaml.LoadAllFromString(File.ReadAllText(Path.Combine(folder, file)), map, strict: true));
                Assert.Equal("gateway", ((IKubernetesObject<V1ObjectMeta>)one).Metadata.Name);
            }
        }
    }

    [Fact]
    public void Probes_ask_what_the_gateway_answers_on_the_port_that_it_listens_on()
    {
        var port = Assert.Single(Container.Ports);
        var routes = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "routes.txt"));
        foreach (var (probe, path) in new[] { (Container.StartupProbe, "/health/ready"), (Container.ReadinessProbe, "/health/ready"), (Container.LivenessProbe, "/health/live") })
        {
            Assert.Equal((path, port.Name), (probe.HttpGet.Path, probe.HttpGet.Port.Value));
            Assert.Contains($"GET {path} ", routes, StringComparison.Ordinal);
        }

        Assert.Contains($"ASPNETCORE_URLS=http://0.0.0.0:{port.ContainerPort}", File.ReadAllText(Repository.PathOf("Dockerfile")), StringComparison.Ordinal);
        Assert.Equal($"{port.ContainerPort}", Deployment.Spec.Template.Metadata.Annotations["prometheus.io/port"]);

        // A database that is away for a while must not have the process restarted, which would only cost what it serves without.
        Assert.NotEqual(Container.ReadinessProbe.HttpGet.Path, Container.LivenessProbe.HttpGet.Path);
    }

    [Fact]
    public void A_replica_that_goes_has_time_to_drain_and_to_write()
    {
        const int written = 30;
        var pause = Container.Lifecycle.PreStop.Sleep.Seconds;
        var drain = Settings().GetSection("Gateway").Get<ProxyOptions>()?.DrainSeconds ?? 0;

        Assert.InRange(Pod.TerminationGracePeriodSeconds ?? 0, pause + drain + written, 600);

        // By then no balancer sends new calls here: it has failed its probe, and the news has gone round.
        Assert.InRange(pause, (Container.ReadinessProbe.PeriodSeconds * Container.ReadinessProbe.FailureThreshold) ?? 0, drain);
        Assert.Equal("0", Deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.Value);
    }

    [Fact]
    public void Everything_that_selects_pods_selects_these()
    {
        var labels = Deployment.Spec.Template.Metadata.Labels;
        var service = Read<V1Service>("base", "service.yaml").Spec;
        var budget = Read<V1PodDisruptionBudget>("base", "poddisruptionbudget.yaml").Spec;
        var scaler = Read<V2HorizontalPodAutoscaler>("overlays", "production", "horizontalpodautoscaler.yaml").Spec;

        Assert.NotEmpty(labels);
        Assert.All(
            [Deployment.Spec.Selector.MatchLabels, service.Selector, budget.Selector.MatchLabels, Read<V1NetworkPolicy>("base", "networkpolicy.yaml").Spec.PodSelector.MatchLabels, Assert.Single(Pod.TopologySpreadConstraints).LabelSelector.MatchLabels],
            selector => Assert.Equal(labels, selector));
        Assert.Equal(Container.Ports[0].Name, Assert.Single(service.Ports).TargetPort.Value);
        Assert.Equal(("apps/v1", "Deployment", Deployment.Metadata.Name), (scaler.ScaleTargetRef.ApiVersion, scaler.ScaleTargetRef.Kind, scaler.ScaleTargetRef.Name));

        // One may go for a node's sake, and one stays.
        Assert.Equal("1", budget.MaxUnavailable.Value);
        Assert.True(Deployment.Spec.Replicas >= 2 && scaler.MinReplicas >= 2 && scaler.MaxReplicas > scaler.MinReplicas);
        Assert.Contains(scaler.Metrics, metric => metric.Pods?.Metric.Name == "gateway_streams_active");
    }

    [Fact]
    public void Secrets_come_from_a_secret_and_settings_from_the_file_that_is_checked()
    {
        var secret = Assert.Single(Container.EnvFrom).SecretRef;
        var settings = Assert.Single(Pod.Volumes, volume => volume.ConfigMap is not null);
        var kustomization = File.ReadAllText(Repository.PathOf("deploy", "kubernetes", "base", "kustomization.yaml"));

        Assert.Equal("gateway", secret.Name);
        Assert.Contains($"create secret generic {secret.Name} ", File.ReadAllText(Repository.PathOf("deploy", "kubernetes", "base", "deployment.yaml")), StringComparison.Ordinal);
        Assert.Contains($"- name: {settings.ConfigMap.Name}\n", kustomization, StringComparison.Ordinal);
        Assert.Equal(Pod.Volumes.Select(volume => volume.Name).Order(), Container.VolumeMounts.Select(mount => mount.Name).Order());
        Assert.Contains(Container.VolumeMounts, mount => mount.MountPath == Settings()["Gateway:DataDirectory"] && mount.ReadOnlyProperty is not true);
        Assert.DoesNotContain(Container.Env, variable => variable.Name.Contains("Key", StringComparison.OrdinalIgnoreCase) || variable.Name.Contains("Connection", StringComparison.Ordinal));

        // As the pod has them: the file, the plain variables, and what the secret is said to hold.
        var faults = SettingsCheck.Check(new ConfigurationBuilder().AddConfiguration(Settings())
            .AddInMemoryCollection(Container.Env.Select(variable => KeyValuePair.Create(variable.Name.Replace("__", ":", StringComparison.Ordinal), (string?)variable.Value)))
            .AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["Gateway:AdminKey"] = "0123456789abcdef",
                ["Gateway:Database:ConnectionString"] = "Host=postgres;Database=gateway;Username=gateway;Password=x",
                ["Gateway:Redis:Configuration"] = "redis:6379",
                ["OPENAI_API_KEY"] = "sk-x",
            }).Build());
        Assert.Empty(faults);
    }

    [Fact]
    public void The_pod_may_do_nothing_that_it_need_not()
    {
        Assert.True(Pod.SecurityContext.RunAsNonRoot);
        Assert.Equal("RuntimeDefault", Pod.SecurityContext.SeccompProfile.Type);
        Assert.True(Container.SecurityContext.ReadOnlyRootFilesystem);
        Assert.False(Container.SecurityContext.AllowPrivilegeEscalation);
        Assert.Equal(["ALL"], Container.SecurityContext.Capabilities.Drop);
        Assert.False(Pod.AutomountServiceAccountToken);
        Assert.Equal(Pod.ServiceAccountName, Read<V1ServiceAccount>("base", "serviceaccount.yaml").Metadata.Name);
    }

    [Fact]
    public void The_network_policy_lets_in_calls_and_lets_out_names_stores_and_providers_but_never_to_metadata()
    {
        var policy = Read<V1NetworkPolicy>("base", "networkpolicy.yaml").Spec;
        var egress = policy.Egress.SelectMany(rule => rule.Ports.Select(port => (To: rule.To, Port: port.Port.Value))).ToLookup(rule => rule.Port, rule => rule.To);

        Assert.Equal(["Egress", "Ingress"], policy.PolicyTypes.Order());
        Assert.Equal([$"{Container.Ports[0].ContainerPort}"], policy.Ingress.SelectMany(rule => rule.Ports).Select(port => port.Port.Value));
        Assert.Equal(["443", "53", "5432", "6379"], egress.Select(rule => rule.Key).Order(StringComparer.Ordinal));
        Assert.All(Assert.Single(egress["443"]), to => Assert.Contains(Metadata, to.IpBlock.Except));
    }

    private static T Read<T>(params string[] path) => KubernetesYaml.Deserialize<T>(File.ReadAllText(Repository.PathOf(["deploy", "kubernetes", .. path])), strict: true);

    private static IConfigurationRoot Settings() => new ConfigurationBuilder().AddJsonFile(Repository.PathOf("deploy", "kubernetes", "base", "appsettings.json")).Build();

    private static string[] Listed(string kustomization) =>
        ResourceList().Match(File.ReadAllText(kustomization)).Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"^resources: \[([^\]]*)\]", RegexOptions.Multiline)]
    private static partial Regex ResourceList();
}
