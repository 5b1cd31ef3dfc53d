using System.Collections.Concurrent;
using k8s;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Charts;

/// <summary>The chart, rendered by Helm as <c>rembg</c> into the namespace <c>photos</c>.</summary>
internal static class Chart
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<Release>>> Rendered = new();

    public static string Folder => Path.Combine(RepositoryPaths.Root, "charts", "rembg-platform");

    /// <summary>A value set of <see cref="ValueSets"/>, each document read strictly into its Kubernetes type.</summary>
    public static Task<Release> RenderAsync(string valueSet) => Rendered.GetOrAdd(valueSet, _ => new(() => RenderAsync(ValueSets.All[valueSet]))).Value;

    public static async Task<Release> RenderAsync(IEnumerable<string> arguments)
    {
        var objects = KubernetesYaml.LoadAllFromString(await TemplateAsync(arguments), CustomResources.Types, strict: true);
        return new Release([.. objects.Cast<IKubernetesObject<k8s.Models.V1ObjectMeta>>()]);
    }

    /// <exception cref="ShouldAssertException">Helm refused; says why.</exception>
    public static async Task<string> TemplateAsync(params IEnumerable<string> arguments)
    {
        var helm = await ClusterTools.HelmAsync(["template", "rembg", Folder, "--namespace", "photos", .. arguments]);
        helm.ExitCode.ShouldBe(0, helm.StandardError);
        return helm.StandardOutput;
    }
}

/// <summary>The objects of one rendered release.</summary>
internal sealed record Release(IReadOnlyList<IKubernetesObject<k8s.Models.V1ObjectMeta>> Objects)
{
    public IEnumerable<T> All<T>() => Objects.OfType<T>();

    /// <param name="suffix">The name without that of the release, e.g. <c>gateway</c>.</param>
    public T One<T>(string suffix) where T : IKubernetesObject<k8s.Models.V1ObjectMeta> =>
        All<T>().Where(o => o.Metadata.Name == $"rembg-{suffix}").ShouldHaveSingleItem();
}
