using System.Net;
using Rembg.Contract.Hosting;

namespace Rembg.Gateway.Fetching;

public static class FetchingServices
{
    public static void AddFetching(this WebApplicationBuilder builder)
    {
        builder.AddOptions<FetchingOptions>(FetchingOptions.Section);
        var services = builder.Services;
        services.AddSingleton<ResolveHost>(Dns.GetHostAddressesAsync);
        services.AddSingleton<AddressJudge>();
        services.AddSingleton<OutboundHttp>();
        services.AddSingleton<FetchPlaces>();
        services.AddSingleton<KnownImages>();
        services.AddSingleton<FetchMetrics>();
        services.AddSingleton<Fetcher>();
    }
}
