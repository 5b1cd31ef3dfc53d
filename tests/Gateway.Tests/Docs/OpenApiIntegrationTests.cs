using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rembg.Contract.Problems;
using Rembg.Gateway.Tests.Clients;
using Rembg.Gateway.Tests.Fetching;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Docs;

/// <summary>What the document says is tried on the gateway: routes, values, headers, statuses, bodies.</summary>
public sealed class OpenApiIntegrationTests : IAsyncLifetime
{
    private FakePod _pod = null!;
    private GatewayApp _gateway = null!;
    private OpenApiDocument _document = null!;
    private int _seed;

    public async Task InitializeAsync()
    {
        _pod = await FakePod.StartAsync();
        _gateway = await GatewayApp.StartAsync([_pod], "Uploads:MaxBytes=20000", "Pods:FullFor=00:00:00");
        _document = await OpenApiDocument.ReadAsync(_gateway);
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _pod.DisposeAsync();
    }

    private IEnumerable<OpenApiDocument.Operation> Cutouts => _document.Operations.Where(operation => operation.TakesImage && operation.Statuses.Contains(200) && operation.Contents(200).ContainsKey("image/png"));

    [Fact]
    public void Document_HasEveryRouteAndNoOther()
    {
        string[] own = ["/docs", "/openapi"];
        var routes = _gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(route => route.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is not { ExcludeFromDescription: true }) // the web page
            .SelectMany(route => route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [], (route, method) => $"{method} /{route.RoutePattern.RawText!.TrimStart('/')}")
            .Where(route => !own.Any(prefix => route.Contains(" " + prefix, StringComparison.Ordinal)));

        _document.Operations.Select(operation => operation.ToString()).ShouldBe(routes, ignoreOrder: true);
    }

    [Fact]
    public void EveryOperation_IsDescribed()
    {
        foreach (var operation in _document.Operations)
        {
            operation.Json.GetProperty("summary").GetString().ShouldNotBeNullOrEmpty(operation.ToString());
            operation.Statuses.ShouldNotBeEmpty();
            foreach (var status in operation.Statuses) operation.Headers(status).ShouldContain("X-Request-Id");
        }
        var ids = _document.Operations.Select(operation => operation.Json.GetProperty("operationId").GetString());
        ids.ShouldBeUnique();
        _document.Root.GetProperty("tags").EnumerateArray().Select(tag => tag.GetProperty("name").GetString()).ShouldBe(["Cutouts", "Tasks", "rembg", "remove.bg", "Photoroom"]);
    }

    [Fact]
    public async Task DocumentedValues_AreTakenAndOthersRefused()
    {
        foreach (var operation in Cutouts)
        {
            foreach (var field in operation.FormFields)
            {
                var values = Values(field.Value);
                foreach (var value in values) (await PostAsync(operation, field.Name, value)).ShouldBe(200, $"{operation} {field.Name}={value}");
                if (values.Length > 0) (await PostAsync(operation, field.Name, "nonsense")).ShouldBeInRange(400, 422, $"{operation} {field.Name}");
            }
            var ignoresUnknown = operation.Json.GetProperty("tags")[0].GetString() != "Cutouts"; // as the vendors do
            if (ignoresUnknown) (await PostAsync(operation, "undocumented", "1")).ShouldBe(200, operation.ToString());
            else (await PostAsync(operation, "undocumented", "1")).ShouldBeInRange(400, 422, operation.ToString());
            operation.Query.Select(field => field.GetProperty("name").GetString()).ShouldBeSubsetOf(operation.FormFields.Select(field => field.Name));
        }

        static string[] Values(JsonElement schema) => schema switch
        {
            _ when schema.TryGetProperty("enum", out var values) => [.. values.EnumerateArray().Select(value => value.GetString()!)],
            _ when schema.GetProperty("type").GetString() == "boolean" => ["true", "false"],
            _ when schema.TryGetProperty("maximum", out var max) => ["0", max.GetRawText()],
            _ => [],
        };

        async Task<int> PostAsync(OpenApiDocument.Operation operation, string field, string value)
        {
            using var answer = await _gateway.Client.PostAsync(operation.Path, Images.Form(operation.ImageField, null, (field, value)));
            return (int)answer.StatusCode;
        }
    }

    [Fact]
    public async Task EveryBodyForm_IsTaken()
    {
        foreach (var operation in Cutouts)
            foreach (var type in operation.Json.GetProperty("requestBody").GetProperty("content").EnumerateObject().Where(HasImage).Select(type => type.Name))
            {
                var base64 = Convert.ToBase64String(Images.Jpeg());
                using HttpContent content = type switch
                {
                    "multipart/form-data" => Images.Form(operation.ImageField),
                    "application/json" => new StringContent(JsonSerializer.Serialize(new { image_file_b64 = base64 }), null, type),
                    "application/x-www-form-urlencoded" => new FormUrlEncodedContent([new("image_file_b64", base64)]),
                    _ => Images.Raw(),
                };
                if (content is ByteArrayContent { Headers.ContentType: null }) content.Headers.ContentType = new(type);
                using var answer = await _gateway.Client.PostAsync(operation.Path, content);
                answer.StatusCode.ShouldBe(HttpStatusCode.OK, $"{operation} {type}");
            }

        // Our own JSON has only the image's URL: FetchIntegrationTests.
        static bool HasImage(JsonProperty body) => !body.Value.GetProperty("schema").TryGetProperty("properties", out var fields)
            || fields.EnumerateObject().Any(field => field.Name.EndsWith("_b64", StringComparison.Ordinal) || field.Value.TryGetProperty("format", out _));
    }

    [Fact]
    public async Task Successes_HaveTheDocumentedHeadersAndBody()
    {
        foreach (var operation in _document.Operations.Where(operation => operation.Statuses.Contains(200) && !operation.IsOfATask && !operation.FetchesImage))
        {
            var accepts = operation.Contents(200).ContainsKey("application/json") ? "application/json" : "*/*";
            using var request = new HttpRequestMessage(new(operation.Method), operation.Path) { Headers = { { "Accept", accepts } } };
            if (operation.TakesImage) request.Content = Images.Form(operation.ImageField);
            using var answer = await _gateway.Client.SendAsync(request);

            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            await ShouldMatchAsync(operation, answer);
            foreach (var header in operation.Headers(200)) answer.Headers.Contains(header).ShouldBeTrue($"{operation} {header}");
        }
    }

    /// <summary>Kiota makes a method without a result of an operation with one of these, and no form with files of one without encodings.</summary>
    [Fact]
    public void Pictures_AreWhatGeneratorsUnderstand()
    {
        foreach (var operation in Cutouts)
        {
            operation.Statuses.ShouldNotContain(status => status == 204 || status == 205 || status == 304, operation.ToString());
            operation.Form.GetProperty("encoding").TryGetProperty(operation.ImageField, out _).ShouldBeTrue(operation.ToString());
        }
    }

    /// <summary>Each operation is brought to every status that any has; what comes of it is what its document says, no more and no less.</summary>
    [Fact]
    public async Task Statuses_AreThoseOfTheDocument()
    {
        await using var keyed = await GatewayApp.StartAsync([_pod], TestKey.Settings(TestKey.Create()));
        await using var stingy = await GatewayApp.StartAsync([_pod], "Clients:Anonymous:Burst=1", "Clients:Anonymous:RatePerSecond=0.001");
        await using var hasty = await GatewayApp.StartAsync([_pod], "Edge:RequestTimeout=00:00:00.3");
        await using var strict = await GatewayApp.StartAsync([_pod], "Uploads:Timeout=00:00:00.1");
        await using var impatient = await GatewayApp.StartAsync([_pod], "Pods:WaitForPod=00:00:00", "Pods:FullFor=00:00:01");
        await stingy.Client.PostAsync("/v1/remove-background", Images.Raw());
        var never = new TaskCompletionSource();

        foreach (var operation in Cutouts)
        {
            var seen = new HashSet<int>
            {
                await CutAsync(_gateway, PodScripts.Cutout()),
                await CutAsync(_gateway, PodScripts.InvalidResponse("text/html")),
                await CutAsync(impatient, PodScripts.Overloaded()),
                await CutAsync(_gateway, PodScripts.Refuses(Problem.Truncated())),
                await CutAsync(hasty, PodScripts.After(never.Task, PodScripts.Cutout())),
                await CutAsync(keyed, PodScripts.Cutout()),
                await CutAsync(stingy, PodScripts.Cutout()),
                await SeeAsync(_gateway, () => Request(Images.Form(operation.ImageField, [1, 2, 3]))),
                await SeeAsync(_gateway, () => Request(Images.Form(operation.ImageField, Images.Jpeg(30_000)))),
                await SeeAsync(_gateway, () => Request(new StringContent("x", null, "multipart/form-data"))),
                await SlowUploadAsync(strict, operation.Path),
            };
            if (operation.TakesIfNoneMatch) (await AskAgainAsync()).ShouldBe(304, operation.ToString());
            seen.ShouldBe(operation.Statuses, ignoreOrder: true, operation.ToString());

            HttpRequestMessage Request(HttpContent content) => new(HttpMethod.Post, operation.Path) { Content = content };

            Task<int> CutAsync(GatewayApp gateway, PodScript script)
            {
                _pod.Always = script;
                return SeeAsync(gateway, () => Request(Images.Form(operation.ImageField, Images.Jpeg(seed: ++_seed))));
            }

            async Task<int> SeeAsync(GatewayApp gateway, Func<HttpRequestMessage> request)
            {
                using var answer = await gateway.Client.SendAsync(request());
                await ShouldMatchAsync(operation, answer);
                return (int)answer.StatusCode;
            }

            async Task<int> AskAgainAsync()
            {
                _pod.Always = PodScripts.Cutout();
                using var first = await _gateway.Client.SendAsync(Request(Images.Form(operation.ImageField)));
                var again = Request(Images.Form(operation.ImageField));
                again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
                using var answer = await _gateway.Client.SendAsync(again);
                return (int)answer.StatusCode;
            }
        }
    }

    /// <summary>Of those that take no image: without a key, and as they are without pods.</summary>
    [Fact]
    public async Task OtherStatuses_AreThoseOfTheDocument()
    {
        await using var keyed = await GatewayApp.StartAsync([_pod], TestKey.Settings(TestKey.Create()));
        await using var lonely = await GatewayApp.StartUnreadyAsync([], null, "Pods:Addresses:0=http://127.0.0.1:9");
        await using var spent = await GatewayApp.StartAsync([_pod], "Clients:Reads:Burst=1", "Clients:Reads:RatePerSecond=0.001");
        await spent.Client.GetAsync("/");
        foreach (var operation in _document.Operations.Where(operation => operation.Method == "GET" && !operation.IsOfATask && !operation.FetchesImage))
        {
            var seen = new HashSet<int>();
            foreach (var gateway in new[] { _gateway, keyed, lonely, spent })
            {
                using var answer = await gateway.Client.GetAsync(operation.Path);
                await ShouldMatchAsync(operation, answer);
                seen.Add((int)answer.StatusCode);
            }
            seen.ShouldBe(operation.Statuses, ignoreOrder: true, operation.ToString());
        }
    }

    [Fact]
    public async Task ImageByUrl_IsAnsweredAsDocumented()
    {
        await using var origin = await OriginServer.StartAsync("127.0.0.1");
        origin.Serve("/photo.jpg", Images.Jpeg(seed: 4242));
        origin.Serve("/large.jpg", Images.Jpeg(30_000));
        origin.Serve("/page.html", "<html>"u8.ToArray());
        string[] local = ["Fetching:AllowedNetworks:0=127.0.0.1", $"Fetching:AllowedPorts:0={origin.Port}"];
        await using var gateway = await GatewayApp.StartAsync([_pod], ["Uploads:MaxBytes=20000", "Pods:FullFor=00:00:00", .. local]);
        await using var keyed = await GatewayApp.StartAsync([_pod], [.. TestKey.Settings(TestKey.Create()), .. local]);
        await using var stingy = await GatewayApp.StartAsync([_pod], ["Clients:Anonymous:Burst=1", "Clients:Anonymous:RatePerSecond=0.001", .. local]);
        await using var hasty = await GatewayApp.StartAsync([_pod], ["Edge:RequestTimeout=00:00:00.3", .. local]);
        await using var impatient = await GatewayApp.StartAsync([_pod], ["Pods:WaitForPod=00:00:00", "Pods:FullFor=00:00:01", .. local]);
        await stingy.Client.GetAsync("/api/remove");
        foreach (var operation in _document.Operations.Where(operation => operation.FetchesImage))
        {
            var seen = new HashSet<int> { await SeeAsync(gateway, PodScripts.Cutout(), "/photo.jpg") };
            seen.UnionWith(
            [
                await SeeAsync(gateway, PodScripts.Cutout(), "/large.jpg"), await SeeAsync(gateway, PodScripts.Cutout(), "/page.html"),
                await SeeAsync(gateway, PodScripts.Cutout(), "/nothing.jpg"), await SeeAsync(gateway, PodScripts.Cutout(), "/photo.jpg", "&bgc=blue&export.format=gif"),
                await SeeAsync(keyed, PodScripts.Cutout(), "/photo.jpg"), await SeeAsync(stingy, PodScripts.Cutout(), "/photo.jpg"),
                await SeeAsync(gateway, PodScripts.InvalidResponse("text/html"), "/photo.jpg", "&ppm=true&export.format=webp"),
                await SeeAsync(impatient, PodScripts.Overloaded(), "/photo.jpg"), await SeeAsync(hasty, PodScripts.After(new TaskCompletionSource().Task, PodScripts.Cutout()), "/photo.jpg"),
            ]);
            using var request = new HttpRequestMessage(HttpMethod.Get, Address(operation, "/photo.jpg"));
            using var first = await gateway.Client.GetAsync(Address(operation, "/photo.jpg"));
            foreach (var header in operation.Headers(200)) first.Headers.Contains(header).ShouldBeTrue($"{operation} {header}");
            request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
            using var again = await gateway.Client.SendAsync(request);
            again.StatusCode.ShouldBe(HttpStatusCode.NotModified, operation.ToString());
            operation.TakesIfNoneMatch.ShouldBeTrue(operation.ToString());
            seen.ShouldBe(operation.Statuses, ignoreOrder: true, operation.ToString());

            async Task<int> SeeAsync(GatewayApp asked, PodScript script, string path, string more = "")
            {
                _pod.Always = script;
                using var answer = await asked.Client.GetAsync(Address(operation, path) + more);
                await ShouldMatchAsync(operation, answer);
                return (int)answer.StatusCode;
            }
        }

        string Address(OpenApiDocument.Operation operation, string path) => $"{operation.Path}?{operation.UrlField}=http://127.0.0.1:{origin.Port}{path}";
    }

    [Fact]
    public async Task Task_IsAnsweredAsDocumentedAllItsWay()
    {
        var held = new TaskCompletionSource();
        _pod.Always = PodScripts.After(held.Task, PodScripts.Cutout());
        await using var keyed = await GatewayApp.StartAsync([_pod], TestKey.Settings(TestKey.Create()));

        var accepted = await SeeAsync("POST", "/v1/tasks", "/v1/tasks", 202);
        foreach (var header in Find("POST", "/v1/tasks").Headers(202)) accepted.Headers.Contains(header).ShouldBeTrue(header);
        var task = accepted.Headers.Location!.ToString();
        var id = task.Split('/')[^1];
        await SeeAsync("POST", "/v1/tasks", "/v1/tasks?size=huge", 400);
        await SeeAsync("POST", "/v1/tasks", "/v1/tasks", 401, keyed);
        await SeeAsync("GET", "/v1/tasks/{id}", task, 200);
        await SeeAsync("GET", "/v1/tasks/{id}", task + "?wait=long", 400);
        await SeeAsync("GET", "/v1/tasks/{id}", task, 401, keyed);
        await SeeAsync("GET", "/v1/tasks/{id}", "/v1/tasks/nobodys", 404);
        await SeeAsync("GET", "/v1/tasks/{id}/result", task + "/result", 409);
        await SeeAsync("GET", "/v1/tasks", "/v1/tasks", 403);
        await SeeAsync("GET", "/v1/tasks", "/v1/tasks?limit=0", 400);
        await SeeAsync("GET", "/v1/tasks", "/v1/tasks", 401, keyed);
        await SeeAsync("GET", "/v1/tasks/{id}/events", task + "/events", 401, keyed);
        await SeeAsync("GET", "/v1/webhooks/dead", "/v1/webhooks/dead", 403);
        await SeeAsync("GET", "/v1/webhooks/dead", "/v1/webhooks/dead", 401, keyed);
        await SeeAsync("POST", "/v1/webhooks/dead/{id}/replay", "/v1/webhooks/dead/nobodys/replay", 403);
        await SeeAsync("GET", "/v1/tasks/{id}/events", "/v1/tasks/nobodys/events", 404);
        await SeeAsync("GET", "/task/{id}", $"/task/{id}", 200);
        held.SetResult();
        var result = await SeeAsync("GET", "/v1/tasks/{id}/result", task + "/result?wait=30s", 200);
        foreach (var header in Find("GET", "/v1/tasks/{id}/result").Headers(200)) result.Headers.Contains(header).ShouldBeTrue(header);
        await SeeAsync("GET", "/v1/tasks/{id}", task, 200);
        await SeeAsync("GET", "/v1/tasks/{id}/events", task + "/events", 200);
        await SeeAsync("GET", "/task/{id}", $"/task/{id}", 200);
        await SeeAsync("DELETE", "/v1/tasks/{id}", task, 200);
        await SeeAsync("DELETE", "/v1/tasks/{id}", task, 404);
        await SeeAsync("GET", "/v1/tasks/{id}/result", task + "/result", 404);
        await SeeAsync("POST", "/remove-background-async", "/remove-background-async", 202);

        _pod.Always = PodScripts.Refuses(Problem.Truncated());
        var failing = await SeeAsync("POST", "/v1/tasks", "/v1/tasks?format=webp", 202);
        await SeeAsync("GET", "/v1/tasks/{id}/result", failing.Headers.Location + "/result?wait=30s", 422);
        await SeeAsync("GET", "/v1/tasks/{id}", failing.Headers.Location!.ToString(), 200);

        OpenApiDocument.Operation Find(string method, string path) => _document.Operations.Single(operation => operation.ToString() == $"{method} {path}");

        async Task<HttpResponseMessage> SeeAsync(string method, string route, string path, int status, GatewayApp? gateway = null)
        {
            using var request = new HttpRequestMessage(new(method), path) { Content = method == "POST" ? Images.Form("file") : null };
            var answer = await (gateway ?? _gateway).Client.SendAsync(request);
            await ShouldMatchAsync(Find(method, route), answer);
            ((int)answer.StatusCode).ShouldBe(status, $"{method} {path}");
            return answer;
        }
    }

    private static async Task ShouldMatchAsync(OpenApiDocument.Operation operation, HttpResponseMessage answer)
    {
        var status = (int)answer.StatusCode;
        operation.Statuses.ShouldContain(status, $"{operation}: {await answer.Content.ReadAsStringAsync()}");
        var contents = operation.Contents(status);
        if (contents.Count == 0) return;
        var type = answer.Content.Headers.ContentType!.MediaType!;
        contents.Keys.ShouldContain(type, operation.ToString());
        if (!type.EndsWith("json", StringComparison.Ordinal)) return;
        var schema = operation.Document.Resolve(contents[type]);
        var forms = schema.TryGetProperty("oneOf", out var several) ? several.EnumerateArray().Select(operation.Document.Resolve) : [schema];
        var text = await answer.Content.ReadAsStringAsync();
        forms.Any(form => Fits(operation.Document, form, JsonElement.Parse(text))).ShouldBeTrue($"{operation} {status}: {text}\n{schema}");
    }

    /// <summary>As much of JSON Schema as the document uses.</summary>
    private static bool Fits(OpenApiDocument document, JsonElement schema, JsonElement value)
    {
        schema = document.Resolve(schema);
        if (schema.TryGetProperty("type", out var type) && !Types(type).Contains(TypeOf(value))) return false;
        if (value.ValueKind == JsonValueKind.Array) return value.EnumerateArray().All(item => Fits(document, schema.GetProperty("items"), item));
        if (value.ValueKind != JsonValueKind.Object) return true;
        var properties = schema.GetProperty("properties");
        return value.EnumerateObject().All(property => properties.TryGetProperty(property.Name, out var inner) && Fits(document, inner, property.Value))
            && (!schema.TryGetProperty("required", out var required) || required.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)));

        static string[] Types(JsonElement type) => type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(one => one.GetString()!)] : [type.GetString()!];

        static string TypeOf(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.True or JsonValueKind.False => "boolean",
            JsonValueKind.Number => "integer",
            var kind => kind.ToString().ToLowerInvariant(),
        };
    }

    /// <summary>Announces a body and sends a part of it. By hand: an HttpClient reads no answer before it has sent everything.</summary>
    private static async Task<int> SlowUploadAsync(GatewayApp gateway, string path)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, gateway.Client.BaseAddress!.Port);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n\r\n--b\r\n"));
        using var reader = new StreamReader(stream);
        return int.Parse((await reader.ReadLineAsync())!.Split(' ')[1]);
    }
}
