using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace Gateway.Hosting;

/// <summary>Walks the configuration beside the options classes: every name must be a property, every value must fit its type and its attributes.</summary>
internal sealed class SettingsWalk
{
    private readonly List<string> _faults = [];

    public IReadOnlyList<string> Faults => _faults;

    /// <summary>The settings whose values can't be bound.</summary>
    public HashSet<string> FaultyPaths { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="section">The section to walk.</param>
    /// <param name="types">The classes bound to it.</param>
    public void VisitSection(IConfigurationSection section, IReadOnlyList<Type> types)
    {
        PropertyInfo[] properties = [.. types.SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance))];
        foreach (IConfigurationSection child in section.GetChildren())
        {
            PropertyInfo? property = Array.Find(properties, candidate => candidate.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                Unknown(section.Path, child, [.. properties.Select(candidate => candidate.Name)]);
            }
            else
            {
                Visit(child, property.PropertyType, property);
            }
        }

        foreach (PropertyInfo required in properties.Where(property => property.IsDefined(typeof(RequiredAttribute))))
        {
            IConfigurationSection child = section.GetSection(required.Name);
            if (string.IsNullOrWhiteSpace(child.Value) && !child.GetChildren().Any())
            {
                Fault($"{child.Path} is missing; it must be set.");
            }
        }
    }

    private void Visit(IConfigurationSection section, Type type, PropertyInfo? property)
    {
        Type? element = ElementOf(type, out bool isList);
        bool isSection = element is not null || (type.IsClass && type != typeof(string));
        if (!isSection)
        {
            VisitValue(section, Nullable.GetUnderlyingType(type) ?? type, property);
            return;
        }

        if (!string.IsNullOrEmpty(section.Value))
        {
            string what = isList ? "a list" : element is not null ? "a section of names and values" : $"a section with {Names(type)}";
            ValueFault(section, property, $"{what} is accepted");
            return;
        }

        if (element is null)
        {
            VisitSection(section, [type]);
            return;
        }

        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (isList && !int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                Fault($"{child.Path} is not a setting: the places of a list are numbered from 0.");
                FaultyPaths.Add(child.Path);
            }
            else if (element == typeof(string) && child.Value is null && !child.GetChildren().Any())
            {
                ValueFault(child, property, "a text is accepted");
            }
            else
            {
                Visit(child, element, element == typeof(string) ? property : null);
            }
        }
    }

    private void VisitValue(IConfigurationSection section, Type type, PropertyInfo? property)
    {
        if (section.GetChildren().Any())
        {
            Fault($"{section.Path} holds further settings: {SettingText.Accepted(type, property)}.");
            return;
        }

        // null means that the default holds.
        if (section.Value is { } text && !Parse(text, type, out object value))
        {
            ValueFault(section, property, SettingText.Accepted(type, property));
        }
        else if (section.Value is { } parsed)
        {
            Parse(parsed, type, out value);
            CheckBounds(section, type, value, property);
        }
    }

    private void CheckBounds(IConfigurationSection section, Type type, object value, PropertyInfo? property)
    {
        // The attributes of a list or a dictionary speak of the whole, not of its texts.
        if (property is null || (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) != type)
        {
            return;
        }

        if (property.GetCustomAttribute<RangeAttribute>() is { } range && value is decimal number
            && (number < Convert.ToDecimal(range.Minimum, CultureInfo.InvariantCulture) || number > Convert.ToDecimal(range.Maximum, CultureInfo.InvariantCulture)))
        {
            ValueFault(section, property, SettingText.Accepted(type, property));
        }

        if (property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed && !allowed.Values.Contains(value)
            && !(value is "" && allowed.Values.Contains(null)))
        {
            // The attribute's own message, with a place for the field's name, says less than the choices.
            string? reason = allowed.ErrorMessage?.Contains("{0}", StringComparison.Ordinal) is true ? null : allowed.ErrorMessage;
            ValueFault(section, property, SettingText.Choices(allowed), reason);
        }

        if (value is string text)
        {
            CheckText(section, text, property);
        }
    }

    private void CheckText(IConfigurationSection section, string text, PropertyInfo property)
    {
        if (property.GetCustomAttribute<MinLengthAttribute>() is { } least && text.Length < least.Length)
        {
            ValueFault(section, property, string.Create(CultureInfo.InvariantCulture, $"a text of at least {least.Length} characters is accepted"));
        }
        else if (property.GetCustomAttribute<RegularExpressionAttribute>() is { } form && !Regex.IsMatch(text, $"^(?:{form.Pattern})\\z"))
        {
            ValueFault(section, property, form.ErrorMessage ?? "another form is accepted");
        }
    }

    /// <summary>Stricter than the binder, which takes hexadecimal numbers and would cut nothing short of an exception.</summary>
    private static bool Parse(string text, Type type, out object value)
    {
        bool parsed = true;
        value = text;
        if (type == typeof(bool))
        {
            parsed = bool.TryParse(text, out bool flag);
            value = flag;
        }
        else if (type == typeof(int) || type == typeof(long))
        {
            parsed = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
                && (type == typeof(long) || number is >= int.MinValue and <= int.MaxValue);
            value = (decimal)number;
        }
        else if (type == typeof(decimal))
        {
            // JSON writes small numbers as 1E-05.
            parsed = decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out decimal amount);
            value = amount;
        }
        else if (type != typeof(string))
        {
            throw new InvalidOperationException($"Settings of the type {type.Name} can't be checked.");
        }

        return parsed;
    }

    private void Unknown(string parent, IConfigurationSection child, string[] known)
    {
        Array.Sort(known, StringComparer.Ordinal);
        string hint = SettingText.Nearest(child.Key, known) is { } meant ? $" Did you mean {meant}?" : "";
        Fault($"{child.Path} is not a setting.{hint} Accepted below {parent}: {string.Join(", ", known)}.");
    }

    private void ValueFault(IConfigurationSection section, PropertyInfo? property, string accepted, string? reason = null)
    {
        FaultyPaths.Add(section.Path);
        bool secret = property?.GetCustomAttribute<DataTypeAttribute>()?.DataType == DataType.Password;
        string shown = secret || section.Value is null ? "" : $" = {SettingText.Quote(section.Value)}";
        Fault(reason is null ? $"{section.Path}{shown}: {accepted}." : $"{section.Path}{shown} {reason}; {accepted}.");
    }

    private void Fault(string line) => _faults.Add(SettingText.Printable(line));

    private static string Names(Type type) => string.Join(", ", type.GetProperties().Select(property => property.Name));

    private static Type? ElementOf(Type type, out bool isList)
    {
        Type? generic = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        isList = generic == typeof(List<>);
        return isList || generic == typeof(Dictionary<,>) ? type.GetGenericArguments()[^1] : null;
    }
}
