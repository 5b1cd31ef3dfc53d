using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Rembg.Contract.Hosting;
using Rembg.Testing;

namespace Rembg.Contract.Tests;

/// <summary>One key of the configuration.</summary>
internal sealed record Option(string Key, string Default, string Allowed, string Text);

/// <summary>
/// Writes the reference of all options: each class with a <c>const string Section</c> is a section. Keys, defaults and ranges
/// come from the class by reflection, texts from the summaries in its source.
/// </summary>
internal static partial class ConfigurationPage
{
    private static readonly (string Title, string Folder, Assembly Assembly)[] Services =
    [
        ("Both services", "contract", typeof(ServiceOptions).Assembly),
        ("Gateway", "gateway", typeof(Gateway.Program).Assembly),
        ("Inference", "inference", typeof(Inference.Program).Assembly),
    ];

    private static readonly string[] Sources =
        [.. Services.SelectMany(service => Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, service.Folder), "*.cs", SearchOption.AllDirectories)).Select(File.ReadAllText)];

    public static string Write()
    {
        var page = new StringBuilder("""
            # Configuration

            Every option of both services. Set one on the command line (`--Section:Key=value`), in the environment (`Section__Key=value`) or in
            `appsettings.json`. A wrong value stops the start with a line that names the key. Times are `hh:mm:ss`, sizes are bytes unless the name says otherwise.

            `ConnectionStrings:Redis` is not a section: it is the address of the gateway's Redis, and no state is shared without it.

            This page is generated from the options classes: `REMBG_WRITE_DOCS=1 ./test.sh --fast --filter ConfigurationDocs` writes it.

            """);
        foreach (var service in Services)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {service.Title}\n");
            foreach (var (section, type) in Sections(service.Assembly))
            {
                page.Append(CultureInfo.InvariantCulture, $"\n### {section}\n\n{Summary(type.Name, null)}\n\n| key | default | allowed | what |\n|---|---|---|---|\n");
                foreach (var option in Options(section, type, Activator.CreateInstance(type)!))
                    page.Append(CultureInfo.InvariantCulture, $"| `{option.Key}` | {option.Default} | {option.Allowed} | {option.Text} |\n");
            }
        }
        return page.ToString();
    }

    public static IEnumerable<Option> Options() =>
        from service in Services
        from section in Sections(service.Assembly)
        from option in Options(section.Name, section.Type, Activator.CreateInstance(section.Type)!)
        select option;

    private static IEnumerable<(string Name, Type Type)> Sections(Assembly assembly) =>
        from type in assembly.GetTypes()
        let section = type.GetField("Section", BindingFlags.Public | BindingFlags.Static)
        where section is { IsLiteral: true }
        orderby section.GetRawConstantValue()
        select ((string)section.GetRawConstantValue()!, type);

    private static IEnumerable<Option> Options(string prefix, Type type, object defaults)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(IsBound).OrderBy(property => property.MetadataToken))
        {
            var (key, text, value) = ($"{prefix}:{property.Name}", Summary(type.Name, property.Name), property.GetValue(defaults));
            if (text.Length == 0 && property.PropertyType.IsEnum) text = Summary(property.PropertyType.Name, null);
            var (element, index) = Element(property.PropertyType);
            if (element is not null) key += index;
            var nested = element ?? property.PropertyType;
            if (!IsOurs(nested))
            {
                yield return new(key, element is null ? Show(value) : "none", Allowed(property), text);
                continue;
            }
            // A class of ours: its own keys, with the defaults that it has here.
            yield return new(key, "", "", text);
            var example = element is null ? value : (value as IDictionary)?.Values.Cast<object>().FirstOrDefault();
            foreach (var option in Options(key, nested, example ?? Activator.CreateInstance(nested)!)) yield return option;
        }
    }

    private static bool IsBound(PropertyInfo property) =>
        property.SetMethod is { IsPublic: true } || typeof(IList).IsAssignableFrom(property.PropertyType) || IsGeneric(property.PropertyType, typeof(IList<>)) || typeof(IDictionary).IsAssignableFrom(property.PropertyType);

    private static bool IsGeneric(Type type, Type definition) => type.IsGenericType && type.GetGenericTypeDefinition() == definition;

    private static bool IsOurs(Type type) => !type.IsEnum && type.Namespace!.StartsWith("Rembg", StringComparison.Ordinal);

    /// <summary>What a list or a dictionary holds, and how its keys go on.</summary>
    private static (Type? Element, string Index) Element(Type type) => type switch
    {
        { IsArray: true } => (type.GetElementType(), ":0"),
        _ when type == typeof(string) => (null, ""),
        _ when typeof(IDictionary).IsAssignableFrom(type) => (type.GetGenericArguments()[1], ":NAME"),
        _ when typeof(IEnumerable).IsAssignableFrom(type) => (type.GetGenericArguments()[0], ":0"),
        _ => (null, ""),
    };

    private static string Show(object? value) => value switch
    {
        null or "" => "none",
        bool flag => flag ? "`true`" : "`false`",
        TimeSpan time => $"`{(time.Milliseconds == 0 ? $"{time:c}" : $"{time:c}".TrimEnd('0'))}`",
        IFormattable number => $"`{number.ToString(null, CultureInfo.InvariantCulture)}`",
        _ => $"`{value}`",
    };

    private static string Allowed(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type.IsEnum) return string.Join(", ", Enum.GetNames(type).Select(name => $"`{name}`"));
        if (property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed) return string.Join(", ", allowed.Values.Select(Show));
        if (property.GetCustomAttribute<RangeAttribute>() is not { } range) return type == typeof(bool) ? "`true`, `false`" : "";
        var maximum = range.Maximum is int.MaxValue or >= (double)long.MaxValue ? null : Convert.ToString(range.Maximum, CultureInfo.InvariantCulture);
        var minimum = Convert.ToString(range.Minimum, CultureInfo.InvariantCulture);
        return maximum is null ? $"{minimum} or more" : $"{minimum} to {maximum}";
    }

    /// <summary>The summary in front of a class, or of a property in it; without markup and on one line.</summary>
    private static string Summary(string type, string? property)
    {
        foreach (var source in Sources)
        {
            var declaration = Regex.Match(source, $@"\b(class|record|struct|enum) {type}\b");
            if (!declaration.Success) continue;
            var end = declaration.Index;
            if (property is not null)
            {
                var found = Regex.Match(source[end..], $@"^[ \t].*\bpublic [^\n(=;]*\b{property} \{{ get", RegexOptions.Multiline);
                if (!found.Success) return "";
                end += found.Index;
            }
            // The comment that ends where the declaration, with its attributes, begins.
            var before = source[..source.LastIndexOf('\n', Math.Max(0, end - 1))].Split('\n').Reverse().SkipWhile(line => line.TrimStart().StartsWith('['));
            var comment = before.TakeWhile(line => line.TrimStart().StartsWith("///", StringComparison.Ordinal)).Reverse().Select(line => line.TrimStart()[3..].Trim());
            var summary = SummaryText().Match(string.Join(' ', comment)).Groups[1].Value.Trim();
            return Plain(summary);
        }
        return "";
    }

    private static string Plain(string summary)
    {
        var code = Regex.Replace(summary, "<c>(.*?)</c>", "`$1`");
        var names = Regex.Replace(code, "<(?:see|paramref) (?:cref|name|langword)=\"([^\"]*)\" ?/>", "`$1`");
        return System.Net.WebUtility.HtmlDecode(names).Replace("|", "\\|", StringComparison.Ordinal);
    }

    [GeneratedRegex("<summary>(.*?)</summary>")]
    private static partial Regex SummaryText();
}
