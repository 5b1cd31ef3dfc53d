using Rembg.Contract.Hosting;
using Rembg.Contract.Models;
using Rembg.Contract.Problems;
using Rembg.Contract.Telemetry;
using Rembg.Inference.Admission;
using Rembg.Inference.Batching;
using Rembg.Inference.Http;
using Rembg.Inference.Imaging;
using Rembg.Inference.Models;
using Rembg.Inference.Telemetry;

namespace Rembg.Inference;

public static class Program
{
    public static Task<int> Main(string[] args) => HealthCommand.IsMeant(args) ? HealthCommand.RunAsync(args, Console.Out) : ServiceHost.RunAsync(() => Build(args));

    /// <summary>The whole pod; tests replace single parts through <paramref name="configure"/>.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceHost();
        builder.AddTelemetry("rembg-inference");
        builder.AddModels();
        builder.AddAdmission();
        builder.AddImaging();
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseManagement();
        app.UseLingeringClose();
        app.UseProblems();
        app.UseRouting();
        app.MapInfer();
        return app;
    }

    private static void AddModels(this WebApplicationBuilder builder)
    {
        builder.AddOptions<ModelOptions>(ModelOptions.Section);
        builder.AddOptions<BatchingOptions>(BatchingOptions.Section);
        builder.Services.AddSingleton(DotProducts.OfThisProcessor());
        builder.Services.AddSingleton<InferenceMetrics>().AddSingleton<ModelRegistry>().AddSingleton<ModelLoader>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ModelLoader>());
        builder.Services.AddHealthChecks().AddCheck<ModelLoader>("models");
    }

    private static void AddAdmission(this WebApplicationBuilder builder)
    {
        builder.AddOptions<AdmissionOptions>(AdmissionOptions.Section);
        builder.Services.AddSingleton<AdmissionController>().AddSingleton<DecodeLimiter>().AddSingleton<PixelMemoryLimiter>();
    }

    private static void AddImaging(this WebApplicationBuilder builder)
    {
        builder.AddOptions<ImageLimits>(ImageLimits.Section);
        // The upload reader has the limit: Kestrel's own would cut the connection before the client has read why.
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
    }

    private static void MapInfer(this WebApplication app)
    {
        var metrics = app.Services.GetRequiredService<InferenceMetrics>();
        metrics.ObserveInFlight(() => app.Services.GetRequiredService<AdmissionController>().InFlight);
        metrics.ObserveImageWarnings(() => ImageCodec.Warnings);
        var endpoint = ActivatorUtilities.CreateInstance<InferEndpoint>(app.Services);
        app.MapPost("/v1/infer", endpoint.HandleAsync);
        app.MapGet("/v1/models", (ModelRegistry models) => TypedResults.Json(models.List, ModelJson.Default.ModelList));
    }
}
