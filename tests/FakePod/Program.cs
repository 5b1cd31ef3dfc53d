using Microsoft.Extensions.Configuration;
using Rembg.Testing;

// Answers as FakePod does, until it meets an image with the poison in it, of which it dies as a crashing decoder would.
var settings = new ConfigurationBuilder().AddCommandLine(args).Build();
await using var pod = await FakePod.StartAsync(settings.GetValue<int>("Service:Port"));
pod.Always = (context, request) =>
{
    if (request.Image.AsSpan().IndexOf(PodScripts.Poison) >= 0) Environment.FailFast("This image is poison.");
    return PodScripts.Cutout()(context, request);
};

// One port is both the service's and the management's.
Console.WriteLine($"Now listening on: {pod.Address}");
Console.WriteLine($"Now listening on: {pod.Address}");
await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
