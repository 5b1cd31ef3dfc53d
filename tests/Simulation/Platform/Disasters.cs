using Rembg.Simulation.Gateways;
using Rembg.Simulation.Pods;

namespace Rembg.Simulation.Platform;

/// <summary>Pods that crash one by one, and a zone that falls silent at once.</summary>
/// <param name="listed">The pods that gateways may ask.</param>
/// <param name="gatewayOf">The living gateway of a number.</param>
/// <param name="requeue">Takes a task that was lost, by the time when it was sent: its lease runs out, and it is run again.</param>
internal sealed class Disasters(
    PlatformSetup setup, Fleet<SimulatedPod> pods, Fleet<SimulatedGateway> gateways, IReadOnlyList<SimulatedPod> listed,
    Func<int, SimulatedGateway?> gatewayOf, Action<double> requeue, Record record, Random random)
{
    private const double RequestTimeout = 60, ProbeSeconds = Failures.ProbesNotice / 2;

    private bool _zoneIsLost;

    public void Advance(double now)
    {
        if (setup.Failures.CrashesPerPodHour > 0)
        {
            for (var count = random.Poisson(pods.All.Count * setup.Failures.CrashesPerPodHour / 3600 * setup.Step); count > 0; count--) Crash(now);
        }
        if (!_zoneIsLost && now >= setup.Failures.ZoneLostAt)
        {
            _zoneIsLost = true;
            LoseZone(now);
        }
    }

    /// <summary>The connections break, so each request of it is tried elsewhere; the container starts again where it is.</summary>
    private void Crash(double now)
    {
        var alive = pods.All.Where(pod => pod.IsReady(now)).ToList();
        if (alive.Count == 0) return;
        var pod = alive[random.Next(alive.Count)];
        pod.Die(now, silent: false);
        foreach (var call in pod.Abandon()) Move(call, pod, now);
        Replace(pods, pod, now + Failures.ProbesNotice, now + setup.Pod.ColdSeconds + PodCost.ListingSeconds);
    }

    /// <summary>Every third of all, by turns: the scheduler has spread them. Nobody is told; probes find out.</summary>
    private void LoseZone(double now)
    {
        foreach (var gateway in gateways.All.Where((gateway, i) => i % 3 == 0 && gateway.DiedAt is null).ToList())
        {
            gateway.Die(now);
            record.Lose(now, gateway.InFlight);
            Replace(gateways, gateway, now + setup.Failures.EvictionSeconds, now + setup.Failures.EvictionSeconds + setup.Gateway.StartSeconds);
        }
        foreach (var pod in pods.All.Where((pod, i) => i % 3 == 0 && pod.DiedAt is null).ToList())
        {
            pod.Die(now, silent: true);
            var noticed = now + Failures.ProbesNotice;
            pods.Later(noticed, () => { foreach (var call in pod.Abandon()) Move(call, pod, noticed); });
            Replace(pods, pod, now + setup.Failures.EvictionSeconds, now + setup.Failures.EvictionSeconds + setup.Pod.StartSeconds);
        }
    }

    /// <summary>To another pod. Of a silent one it is asked again at each failed probe, in case there is none now.</summary>
    private void Move(PodCall call, SimulatedPod from, double now)
    {
        if (gatewayOf(call.Gateway) is not { } gateway) return;
        var outcome = gateway.Move(call, listed, from, now);
        if (outcome != Outcome.Accepted && from.IsSilent && now + ProbeSeconds < call.Sent + RequestTimeout)
        {
            pods.Later(now + ProbeSeconds, () => Move(call, from, now + ProbeSeconds));
            return;
        }
        gateway.Leave(from);
        if (outcome == Outcome.Accepted) return;
        if (call.IsTask) requeue(call.Sent);
        else SimulatedPlatform.Note(outcome, now, record);
    }

    private static void Replace<T>(Fleet<T> fleet, T one, double goneAt, double readyAt) where T : class
    {
        fleet.Later(goneAt, () =>
        {
            // Scaled away in the meantime: nothing is replaced.
            if (!fleet.All.Remove(one) || one is SimulatedPod { Leaving: true } or SimulatedGateway { Leaving: true }) return;
            fleet.Add(readyAt);
        });
    }
}
