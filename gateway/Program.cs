using Rembg.Contract.Hosting;
using Rembg.Contract.Problems;
using Rembg.Contract.Telemetry;

namespace Rembg.Gateway;

public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        await Build(args).RunAsync();
        return 0;
    }

    /// <summary>The whole service; tests replace single parts through <paramref name="configure"/>.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceHost();
        builder.AddTelemetry("rembg-gateway");
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseManagement();
        app.UseProblems();
        app.UseRouting();
        return app;
    }
}
