using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using Gateway.OpenAi;
using Xunit;

namespace Gateway.UnitTests.Architecture;

public sealed class StaticStateTests
{
    [Fact]
    public void No_static_field_can_change()
    {
        const BindingFlags statics = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        var mutable = from type in typeof(GatewayError).Assembly.GetTypes()
                      where !IsGenerated(type)
                      from field in type.GetFields(statics)
                      where !field.IsLiteral && !field.IsDefined(typeof(CompilerGeneratedAttribute), false)
                      where !field.IsInitOnly || IsMutableCollection(field.FieldType)
                      select $"{type.Name}.{field.Name}";

        Assert.Empty(mutable);
    }

    [Fact]
    public void An_interface_is_a_seam_with_two_sides()
    {
        var types = typeof(GatewayError).Assembly.GetTypes();
        var lonely = from seam in types
                     where seam.IsInterface && !IsGenerated(seam)
                     where types.Count(type => type.IsClass && seam.IsAssignableFrom(type)) < 2
                     select seam.Name;

        Assert.Empty(lonely);
    }

    private static bool IsGenerated(Type type) =>
        type.IsDefined(typeof(CompilerGeneratedAttribute), false)
        || type.IsDefined(typeof(System.CodeDom.Compiler.GeneratedCodeAttribute), false)
        || type.Name.Contains('<', StringComparison.Ordinal)
        || (type.DeclaringType is { } outer && IsGenerated(outer));

    private static bool IsMutableCollection(Type type)
    {
        if (type.IsArray || type.Name.StartsWith("Frozen", StringComparison.Ordinal) || !typeof(IEnumerable).IsAssignableFrom(type) || type == typeof(string))
        {
            return false;
        }

        return type.IsGenericType && type.GetGenericTypeDefinition() is { } generic
            && (generic == typeof(List<>) || generic == typeof(Dictionary<,>) || generic == typeof(HashSet<>) || generic.Name.StartsWith("Concurrent", StringComparison.Ordinal));
    }
}
