using Rembg.Simulation.Gateways;
using Rembg.Simulation.Pods;

namespace Rembg.Simulation.Platform;

/// <summary>Pods that crash one by one, and a zone that falls silent at once.</summary>
/// <param name="requeue">Takes a task that was lost, by the time when it was sent: its lease runs out, and it is run again.</param>
internal sealed class Disasters(PlatformSetup setup, Fleet<SimulatedPod> pods, Fleet<SimulatedGateway> gateways, Random random, Action<double> requeue)
{
    private bool _zoneIsLost;

    public void Advance(double now, IReadOnlyList<SimulatedPod> listed, IReadOnlyDictionary<int, SimulatedGateway> gatewayById, Record record)
    {
        if (setup.Failures.CrashesPerPodHour > 0)
        {
            for (var count = random.Poisson(pods.All.Count * setup.Failures.CrashesPerPodHour / 3600 * setup.Step); count > 0; count--) Crash(now, listed, gatewayById, record);
        }
        if (!_zoneIsLost && now >= setup.Failures.ZoneLostAt)
        {
            _zoneIsLost = true;
            LoseZone(now, gatewayById, record);
        }
    }

    /// <summary>The connections break, so each request of it is tried elsewhere; the container starts again where it is.</summary>
    private void Crash(double now, IReadOnlyList<SimulatedPod> listed, IReadOnlyDictionary<int, SimulatedGateway> gatewayById, Record record)
    {
        var alive = pods.All.Where(pod => pod.IsReady(now)).ToList();
        if (alive.Count == 0) return;
        var pod = alive[random.Next(alive.Count)];
        foreach (var call in pod.Die(now, silent: false))
        {
            if (!gatewayById.TryGetValue(call.Gateway, out var gateway) || gateway.DiedAt is not null) continue;
            var outcome = gateway.Broke(call, listed, pod, now);
            if (!call.IsTask) SimulatedPlatform.Note(outcome, now, record);
            else if (outcome != Outcome.Accepted) requeue(call.Sent);
        }
        Replace(pods, pod, now + Failures.ProbesNotice, now + setup.Pod.ColdSeconds + PodCost.ListingSeconds);
    }

    /// <summary>Every third of all, by turns: the scheduler has spread them. Nobody is told.</summary>
    private void LoseZone(double now, IReadOnlyDictionary<int, SimulatedGateway> gatewayById, Record record)
    {
        foreach (var pod in pods.All.Where((pod, i) => i % 3 == 0 && pod.DiedAt is null).ToList())
        {
            foreach (var call in pod.Die(now, silent: true))
            {
                if (gatewayById.TryGetValue(call.Gateway, out var gateway)) gateway.GaveUp(pod);
                if (call.IsTask) requeue(call.Sent);
                else record.Lose(now);
            }
            Replace(pods, pod, now + setup.Failures.EvictionSeconds, now + setup.Failures.EvictionSeconds + setup.Pod.StartSeconds);
        }
        foreach (var gateway in gateways.All.Where((gateway, i) => i % 3 == 0 && gateway.DiedAt is null).ToList())
        {
            gateway.Die(now);
            record.Lose(now, gateway.InFlight);
            Replace(gateways, gateway, now + setup.Failures.EvictionSeconds, now + setup.Failures.EvictionSeconds + setup.Gateway.StartSeconds);
        }
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
