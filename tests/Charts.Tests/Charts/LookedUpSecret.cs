using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Rembg.Charts.Tests.Charts;

/// <summary>As much of an API server as Helm needs to look a Secret up: discovery, and that Secret of the release <c>rembg</c>.</summary>
internal sealed class LookedUpSecret : IAsyncDisposable
{
    /// <summary>What the chart's defaults are made of.</summary>
    private static readonly Dictionary<string, string[]> Kinds = new()
    {
        ["/api/v1"] = ["Secret", "ConfigMap", "Service", "Pod"],
        ["/apis/apps/v1"] = ["Deployment", "StatefulSet"],
        ["/apis/autoscaling/v2"] = ["HorizontalPodAutoscaler"],
        ["/apis/policy/v1"] = ["PodDisruptionBudget"],
        ["/apis/networking.k8s.io/v1"] = ["NetworkPolicy"],
    };

    private readonly WebApplication _server;
    private readonly string _kubeconfig = Path.GetTempFileName();

    private LookedUpSecret(WebApplication server) => _server = server;

    /// <summary>Arguments with which Helm asks this server.</summary>
    public IEnumerable<string> Arguments => ["--dry-run=server", "--disable-openapi-validation", "--kubeconfig", _kubeconfig];

    /// <param name="name">Of the Secret, in the namespace <c>photos</c>; any other is not there.</param>
    public static async Task<LookedUpSecret> StartAsync(string name, Dictionary<string, string> data)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(context => Answer(context.Request.Path.Value!, name, data) is { } answer
            ? AnswerAsync(context, answer, 200)
            : AnswerAsync(context, new() { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["reason"] = "NotFound", ["code"] = 404 }, 404));
        await app.StartAsync();
        var started = new LookedUpSecret(app);
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

    private static JsonObject? Answer(string path, string name, Dictionary<string, string> data)
    {
        if (path == "/version") return new() { ["major"] = "1", ["minor"] = "33", ["gitVersion"] = "v1.33.0" };
        if (path == "/api") return new() { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1") };
        if (path == "/apis") return new() { ["kind"] = "APIGroupList", ["apiVersion"] = "v1", ["groups"] = new JsonArray([.. Kinds.Keys.Where(key => key.StartsWith("/apis/", StringComparison.Ordinal)).Select(Group)]) };
        if (Kinds.TryGetValue(path, out var kinds))
            return new() { ["kind"] = "APIResourceList", ["groupVersion"] = GroupVersion(path), ["resources"] = new JsonArray([.. kinds.Select(Resource)]) };
        if (path != $"/api/v1/namespaces/photos/secrets/{name}") return null;
        return new()
        {
            ["kind"] = "Secret",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = "photos",
                ["labels"] = new JsonObject { ["app.kubernetes.io/managed-by"] = "Helm" },
                ["annotations"] = new JsonObject { ["meta.helm.sh/release-name"] = "rembg", ["meta.helm.sh/release-namespace"] = "photos" },
            },
            ["data"] = new JsonObject(data.Select(d => KeyValuePair.Create<string, JsonNode?>(d.Key, d.Value))),
        };
    }

    private static string GroupVersion(string path) => path.Replace("/apis/", "", StringComparison.Ordinal).Replace("/api/", "", StringComparison.Ordinal);

    private static JsonNode Group(string path)
    {
        var version = new JsonObject { ["groupVersion"] = GroupVersion(path), ["version"] = path.Split('/')[^1] };
        return new JsonObject { ["name"] = path.Split('/')[^2], ["versions"] = new JsonArray(version), ["preferredVersion"] = version.DeepClone() };
    }

    // "policies" and no "policys": the one plural of ours that is not formed with an s alone.
    private static JsonNode Resource(string kind) => new JsonObject
    {
        ["name"] = kind.ToLowerInvariant().Replace("policy", "policie", StringComparison.Ordinal) + "s",
        ["singularName"] = kind.ToLowerInvariant(),
        ["namespaced"] = true,
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
