using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rembg.Gateway.Cutouts.Uploads;
using Microsoft.AspNetCore.Http;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Fetching;
using Rembg.Gateway.Http;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Tests.Cutouts.Uploads;

/// <summary>A reader without a gateway, which fetches nothing.</summary>
internal static class LocalReader
{
    /// <summary>As it is behind the middleware that knows client and deadline.</summary>
    public static HttpRequest NewRequest()
    {
        var context = new DefaultHttpContext();
        context.Features.Set(new Client("ip:x", new Plan()));
        context.Features.Set(new RequestDeadline(TimeProvider.System, TimeSpan.FromMinutes(5), new CancellationTokenSource()));
        return context.Request;
    }

    public static UploadReader Create(MemoryBudget memory, UploadOptions options) => new ServiceCollection()
        .AddLogging().AddMetrics().AddSingleton(TimeProvider.System)
        .AddSingleton(memory).AddSingleton(options.ToTurns()).AddSingleton(Options.Create(options))
        .AddSingleton(Options.Create(new FetchingOptions { Enabled = false }))
        .AddSingleton<ResolveHost>((_, _) => throw new InvalidOperationException("Nothing is fetched."))
        .AddSingleton<AddressJudge>().AddSingleton<OutboundHttp>().AddSingleton<FetchPlaces>().AddSingleton<KnownImages>().AddSingleton<FetchMetrics>().AddSingleton<Fetcher>()
        .AddSingleton<ImageFetcher>().AddSingleton<UploadReader>()
        .BuildServiceProvider().GetRequiredService<UploadReader>();
}
