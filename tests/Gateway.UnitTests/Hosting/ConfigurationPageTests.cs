using System.Collections;
using System.Reflection;
using Gateway.Hosting;
using Gateway.Providers;
using Gateway.Proxy;
using Gateway.Quotas;
using Gateway.UnitTests.Architecture;
using Xunit;

namespace Gateway.UnitTests.Hosting;

/// <summary>docs/configuration.md is true.</summary>
public sealed class ConfigurationPageTests
{
    [Fact]
    public void The_page_names_every_setting()
    {
        var page = File.ReadAllText(Path.Combine(SourceTree.Root, "docs", "configuration.md"));
        var roots = new[] { typeof(GatewayOptions), typeof(RoutingOptions), typeof(ProxyOptions), typeof(QuotaOptions) };
        var settings = roots.SelectMany(type => Settings(type, "Gateway"))
            .Concat(Settings(typeof(ProviderOptions), ""))
            .Concat(Settings(typeof(ModelOptions), ""));

        Assert.DoesNotContain(settings, setting => !page.Contains($"`{setting}`", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Settings(Type type, string path)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var name = path.Length == 0 ? property.Name : $"{path}:{property.Name}";
            var isSection = property.PropertyType.Namespace?.StartsWith("Gateway", StringComparison.Ordinal) == true;
            var isCollection = property.PropertyType != typeof(string) && typeof(IEnumerable).IsAssignableFrom(property.PropertyType);
            if (isSection)
            {
                foreach (var inner in Settings(property.PropertyType, name))
                {
                    yield return inner;
                }
            }
            else if (property.Name == "Targets")
            {
                yield return "Targets:0:Provider";
                yield return "Targets:0:Model";
                yield return "Targets:0:Weight";
            }
            else if (!isCollection || path.Length == 0)
            {
                yield return name;
            }
        }
    }
}
