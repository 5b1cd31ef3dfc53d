using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Rembg.Charts.Tests.Charts;

/// <summary>As much of an API server as Helm needs to look objects up: discovery, the namespace <c>photos</c>, and those objects of the release <c>rembg</c> in it.</summary>
internal sealed class LookedUpObjects : IAsyncDisposable
{
    /// <summary>What the chart's defaults are made of.</summary>
    private static readonly Dictionary<string, string[]> Kinds = new()
    {
        ["/api/v1"] = ["Secret", "ConfigMap", "Service", "Pod", "Namespace"],
        ["/apis/apps/v1"] = ["Deployment", "StatefulSet"],
        ["/apis/autoscaling/v2"] = ["HorizontalPodAutoscaler"],
        ["/apis/keda.sh/v1alpha1"] = ["ScaledObject"],
        ["/apis/policy/v1"] = ["PodDisruptionBudget"],
        ["/apis/networking.k8s.io/v1"] = ["NetworkPolicy"],
    };

    private readonly WebApplication _server;
    private readonly string _kubeconfig = Path.GetTempFileName();

    private LookedUpObjects(WebApplication server) => _server = server;

    /// <summary>Arguments with which Helm asks this server.</summary>
    public IEnumerable<string> Arguments => ["--dry-run=server", "--disable-openapi-validation", "--kubeconfig", _kubeconfig];

    /// <param name="objects">Kind, name, and all but the metadata; any other is not there.</param>
    public static async Task<LookedUpObjects> StartAsync(params (string Kind, string Name, JsonObject Content)[] objects)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(context => Answer(context.Request.Path.Value!, objects) is { } answer
            ? AnswerAsync(context, answer, 200)
            : AnswerAsync(context, new() { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["reason"] = "NotFound", ["code"] = 404 }, 404));
        await app.StartAsync();
        var started = new LookedUpObjects(app);
        await File.WriteAllTextAsync(started._kubeconfig,
            $$"""
            apiVersion: v1
            kind: Config
            clusters:
              - name: test
                cluster: { server: "{{app.Urls.Single()}}" }
            users:
              - name: test
                user: { }
            contexts:
              - name: test
                context: { cluster: test, user: test }
            current-context: test
            """);
        return started;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        File.Delete(_kubeconfig);
    }

    private static JsonObject? Answer(string path, IReadOnlyList<(string Kind, string Name, JsonObject Content)> objects)
    {
        if (path == "/version") return new() { ["major"] = "1", ["minor"] = "33", ["gitVersion"] = "v1.33.0" };
        if (path == "/api") return new() { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1") };
        if (path == "/apis") return new() { ["kind"] = "APIGroupList", ["apiVersion"] = "v1", ["groups"] = new JsonArray([.. Kinds.Keys.Where(key => key.StartsWith("/apis/", StringComparison.Ordinal)).Select(Group)]) };
        if (path == "/api/v1/namespaces/photos") return new() { ["kind"] = "Namespace", ["apiVersion"] = "v1", ["metadata"] = new JsonObject { ["name"] = "photos" } };
        if (Kinds.TryGetValue(path, out var kinds))
            return new() { ["kind"] = "APIResourceList", ["groupVersion"] = GroupVersion(path), ["resources"] = new JsonArray([.. kinds.Select(Resource)]) };
        foreach (var (kind, name, content) in objects)
        {
            var group = Kinds.Single(pair => pair.Value.Contains(kind)).Key;
            if (path != $"{group}/namespaces/photos/{Plural(kind)}/{name}") continue;
            var found = content.DeepClone().AsObject();
            (found["kind"], found["apiVersion"]) = (kind, GroupVersion(group));
            found["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = "photos",
                ["labels"] = new JsonObject { ["app.kubernetes.io/managed-by"] = "Helm" },
                ["annotations"] = new JsonObject { ["meta.helm.sh/release-name"] = "rembg", ["meta.helm.sh/release-namespace"] = "photos" },
            };
            return found;
        }
        return null;
    }

    // "policies" and no "policys": the one plural of ours that is not formed with an s alone.
    private static string Plural(string kind) => kind.ToLowerInvariant().Replace("policy", "policie", StringComparison.Ordinal) + "s";

    private static string GroupVersion(string path) => path.Replace("/apis/", "", StringComparison.Ordinal).Replace("/api/", "", StringComparison.Ordinal);

    private static JsonNode Group(string path)
    {
        var version = new JsonObject { ["groupVersion"] = GroupVersion(path), ["version"] = path.Split('/')[^1] };
        return new JsonObject { ["name"] = path.Split('/')[^2], ["versions"] = new JsonArray(version), ["preferredVersion"] = version.DeepClone() };
    }

    private static JsonNode Resource(string kind) => new JsonObject
    {
        ["name"] = Plural(kind),
        ["singularName"] = kind.ToLowerInvariant(),
        ["namespaced"] = kind != "Namespace",
        ["kind"] = kind,
        ["verbs"] = new JsonArray("get", "list"),
    };

    private static Task AnswerAsync(HttpContext context, JsonObject json, int status)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json.ToJsonString());
    }
}
