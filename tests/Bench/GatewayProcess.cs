using Rembg.Contract;
using Rembg.Testing;

namespace Rembg.Bench;

/// <summary>A gateway as it is run, in front of a pod that answers at once; clients are not limited.</summary>
internal static class GatewayProcess
{
    /// <summary>A pod that answers at once, with a length, which is all that <see cref="RawClient"/> understands.</summary>
    public static async Task<FakePod> StartPodAsync(int answerBytes)
    {
        var (pod, cutout) = (await FakePod.StartAsync(), PodScripts.Cutout(answerBytes));
        pod.Always = (context, request) =>
        {
            context.Response.ContentLength = answerBytes + (context.Request.Headers.ContainsKey(PodHeaders.Mask) ? PodScripts.Mask(request.Image).Length : 0);
            return cutout(context, request);
        };
        return pod;
    }

    public static async Task<ServiceProcess> StartAsync(FakePod pod, params string[] settings)
    {
        var gateway = await ServiceProcess.StartAsync("Rembg.Gateway",
        [
            $"--Pods:Addresses:0={pod.Address}", $"--Pods:ManagementAddresses:0={pod.Address}",
            "--Clients:Anonymous:RatePerSecond=1000000", "--Clients:Anonymous:Burst=1000000", "--Uploads:ClientShare=1", .. settings,
        ]);
        await gateway.ReadyAsync();
        return gateway;
    }

    /// <summary>What the gateway takes for a photograph: it reads no more than the first bytes.</summary>
    public static byte[] Upload(int bytes)
    {
        var upload = new byte[bytes];
        new Random(1).NextBytes(upload);
        ((byte[])[0xFF, 0xD8, 0xFF, 0xE0]).CopyTo(upload, 0);
        return upload;
    }
}
