using System.ComponentModel.DataAnnotations;
using System.Reflection;
using k8s.Models;
using Microsoft.Extensions.Configuration;
using Rembg.Contract.Hosting;

namespace Rembg.Charts.Tests.Charts;

/// <summary>What a service reads: its option classes, each with a <c>const Section</c>, and a few names that its libraries read.</summary>
internal static class Settings
{
    /// <summary>Read by a library or the runtime; or, REDIS_PASSWORD, by Kubernetes as a part of another value.</summary>
    private static readonly string[] OfOthers =
    [
        "Logging__Console__FormatterName", "Logging__Console__FormatterOptions__IncludeScopes",
        "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG", "OTEL_RESOURCE_ATTRIBUTES",
        "ConnectionStrings__Redis", "REDIS_PASSWORD", "DOTNET_EnableDiagnostics", "SSL_CERT_FILE", "PATH",
    ];

    /// <summary>Binds the environment as the service would, and says what it does not read or would refuse.</summary>
    public static IReadOnlyList<string> Complaints(Assembly service, IReadOnlyDictionary<string, string> environment)
    {
        var read = environment.Where(variable => !OfOthers.Contains(variable.Key)).ToDictionary(v => v.Key.Replace("__", ":", StringComparison.Ordinal), v => (string?)v.Value);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(read).Build();
        var classes = OptionClasses(service);
        return
        [
            .. configuration.GetChildren().Where(section => !classes.ContainsKey(section.Key)).Select(section => $"no option class for {section.Key}"),
            .. classes.SelectMany(options => Check(options.Value, configuration.GetSection(options.Key))),
        ];
    }

    public static IReadOnlyDictionary<string, string> Environment(V1Container container) =>
        container.Env.ToDictionary(variable => variable.Name, variable => variable.Value ?? "from a Secret");

    private static Dictionary<string, Type> OptionClasses(Assembly service) =>
        new[] { service, typeof(ServiceOptions).Assembly }
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.GetField("Section", BindingFlags.Public | BindingFlags.Static) is { IsLiteral: true })
            .ToDictionary(type => (string)type.GetField("Section")!.GetRawConstantValue()!);

    private static IEnumerable<string> Check(Type type, IConfigurationSection section)
    {
        if (!section.Exists()) return [];
        try
        {
            var options = section.Get(type, binder => binder.ErrorOnUnknownConfiguration = true)!;
            var problems = new List<ValidationResult>();
            Validator.TryValidateObject(options, new(options), problems, validateAllProperties: true);
            return problems.Select(problem => problem.ErrorMessage!);
        }
        catch (InvalidOperationException unknown)
        {
            return [unknown.Message];
        }
    }
}
