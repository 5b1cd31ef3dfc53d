using Rembg.Contract.Hosting;
using Rembg.Contract.Problems;
using Rembg.Contract.Telemetry;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Clients.Keys;
using Rembg.Gateway.Redis;

namespace Rembg.Gateway;

public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (KeysCommand.IsMeant(args)) return KeysCommand.Run(args, Console.Out, Console.Error);
        await Build(args).RunAsync();
        return 0;
    }

    /// <summary>The whole service; tests replace single parts through <paramref name="configure"/>.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceHost();
        builder.AddTelemetry("rembg-gateway");
        builder.AddControlRedis();
        builder.AddClients();   // who is asking, and how much they may ask for
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseManagement();
        app.UseProblems();
        app.UseRouting();
        app.UseClients();
        return app;
    }
}
