using Rembg.Contract.Hosting;
using Rembg.Contract.Problems;
using Rembg.Contract.Telemetry;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Clients.Keys;
using Rembg.Gateway.Compatibility;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Docs;
using Rembg.Gateway.Fetching;
using Rembg.Gateway.Http;
using Rembg.Gateway.Page;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Redis;
using Rembg.Gateway.Tasks;
using Rembg.Gateway.Tasks.Batches;
using Rembg.Gateway.Tasks.Redis;
using Rembg.Gateway.Tasks.Webhooks;
using Rembg.Gateway.Telemetry;

namespace Rembg.Gateway;

public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (HealthCommand.IsMeant(args)) return await HealthCommand.RunAsync(args, Console.Out);
        if (KeysCommand.IsMeant(args)) return KeysCommand.Run(args, Console.Out, Console.Error);
        if (DeadLetterCommand.IsMeant(args)) return await DeadLetterCommand.RunAsync(args, Console.Out, Console.Error);
        return await ServiceHost.RunAsync(() => Build(args));
    }

    /// <summary>The whole service, in the order a request meets its parts; tests replace single ones through <paramref name="configure"/>.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceHost(EdgeServices.LimitConnections);
        builder.AddTelemetry("rembg-gateway");
        builder.Services.AddSingleton<GatewayMetrics>();
        builder.AddRedis();
        builder.AddEdge();      // limits of connections, request id, deadline, CORS
        builder.AddClients();   // API keys and rate limits
        builder.AddFetching();  // images by URL
        builder.AddCutouts();   // uploads, caches, coalesced requests
        builder.AddPods();      // discovery, queue, load balancing, retries
        builder.AddTasks();     // background tasks and webhooks
        builder.AddOptions<CompatibilityOptions>(CompatibilityOptions.Section); // the APIs of rembg, remove.bg and Photoroom
        builder.AddDocs();      // OpenAPI and the API reference
        builder.AddPage();      // the web page
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseManagement();
        app.UseLingeringClose();
        app.UseMiddleware<RequestMeter>();
        app.UseProblems();
        app.UseEdge();
        app.UseRouting();
        app.UseClients();

        app.MapHealth();
        app.MapCutouts();
        app.MapTasks();
        app.MapBatches();
        app.MapWebhooks();
        app.MapLegacyTasks();
        app.MapRembg();
        app.MapRemoveBg();
        app.MapPhotoroom();
        app.MapDocs();
        app.MapPods();
        app.MapPage();
        return app;
    }
}
