using Microsoft.Extensions.Time.Testing;
using Rembg.Contract;
using Rembg.Gateway.Pods;
using Rembg.Simulation;
using Rembg.Simulation.Gateways;
using Rembg.Simulation.Platform;
using Rembg.Simulation.Pods;
using Rembg.Simulation.Stores;

namespace Rembg.Charts.Tests.Autoscaling;

/// <summary>The simulation does what the real parts do, and what theory says.</summary>
public sealed class SimulationTests
{
    [Fact]
    public void GatewaysRules_AreTheDefaultsOfTheRealOne()
    {
        var (rules, real) = (new PodRules(), new PodsOptions());
        (rules.FullFor, rules.EjectionTime, rules.RetryBurst, rules.RetryShare)
            .ShouldBe((real.FullFor.TotalSeconds, real.EjectionTime.TotalSeconds, real.RetryBurst, real.RetryShare));
        GatewayCost.ProbeEverySeconds.ShouldBe(real.ProbeEvery.TotalSeconds);
        Failures.ProbesNotice.ShouldBe(real.FailedProbes * (real.ProbeEvery + real.ConnectTimeout).TotalSeconds);
        Costs.Gateway.MaxBytesInFlight.ShouldBe(new Rembg.Gateway.Cutouts.Uploads.UploadOptions().MaxBytesInFlight);
    }

    [Fact]
    public void WhatAGatewayThinksOfAPod_IsWhatTheRealOneThinks()
    {
        var (random, time, real, view, now) = (new Random(7), new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50)), new Pod(), new PodView(), 100.0);
        real.Reported(0, time);
        view.Reported(0, now);
        for (var i = 0; i < 2000; i++)
        {
            switch (random.Next(6))
            {
                case 0: real.Enter(); view.Enter(); break;
                case 1 when real.InFlight > 0: real.Leave(); view.Leave(); break;
                case 2: var load = random.Next(40); real.Reported(load, time); view.Reported(load, now); break;
                case 3: real.Full(Priority.Interactive, TimeSpan.FromMilliseconds(200), time); view.Full(now + 0.2); break;
                case 4: real.Finished(); view.HasRoom(); break;
            }
            var ticks = random.Next(1, 5) * 33;
            time.Advance(TimeSpan.FromMilliseconds(ticks));
            now += ticks / 1000.0;
            view.Load(now).ShouldBe(real.Load(time), 1e-6);
            view.IsFull(now).ShouldBe(real.IsFull(Priority.Interactive, time));
        }
    }

    [Fact]
    public void LonePod_IsAsSlowAsQueueingTheorySays()
    {
        // M/D/1 (Pollaczek and Khinchine): at 60 % the mean wait is 0.6 / (2 x 0.4) of a run.
        var cost = Costs.Cpu with { Around = 0 };
        var (pod, random, answers, next) = (new SimulatedPod(0, cost, 1000, 0), new Random(3), new List<Answer>(), 0.0);
        for (var now = 0.0; now < 200_000; now += 0.05)
        {
            for (; next <= now; next -= Math.Log(1 - random.NextDouble()) * cost.PerImage / 0.6) pod.TryEnter(new(next, next, 0, false)).ShouldBeTrue();
            pod.Advance(now, answers);
        }
        answers.Average(a => a.At - a.Call.Sent).ShouldBe(cost.PerImage * (1 + 0.6 / (2 * 0.4)), 0.03);
    }

    [Fact]
    public void HitShare_IsThatOfALeastRecentlyUsedCache()
    {
        const int Images = 2000, Entries = 150;
        var random = new Random(5);
        var sums = Enumerable.Range(1, Images).Select(rank => Math.Pow(rank, -0.8)).Aggregate(new List<double> { 0 }, (all, share) => { all.Add(all[^1] + share); return all; });
        var (used, order, hits, asked) = (new Dictionary<int, LinkedListNode<int>>(), new LinkedList<int>(), 0, 200_000);
        for (var i = 0; i < asked; i++)
        {
            var index = sums.BinarySearch(random.NextDouble() * sums[^1]);
            var image = index < 0 ? ~index : index;
            if (used.Remove(image, out var node))
            {
                hits++;
                order.Remove(node);
            }
            used[image] = order.AddFirst(image);
            if (order.Count <= Entries) continue;
            used.Remove(order.Last!.Value);
            order.RemoveLast();
        }

        new HitShare(Images, 0.8).Of(perSecond: 10, Entries, lifetime: 1e6).ShouldBe((double)hits / asked, 0.01);
        new HitShare(Images, 0.8).Of(perSecond: 10, Images, lifetime: 1e6).ShouldBe(1, 0.001, "all of them fit");
        new HitShare(Images, 0.8).Of(perSecond: 10, Images, lifetime: 0.001).ShouldBe(0, 0.001, "gone before they are asked for again");
    }

    [Fact]
    public void SlowRedis_IsLeftAloneForAWhile()
    {
        var redis = new SimulatedRedis(new(NetworkBytes: 100, DiskBytes: 100, Operations: 1e6, CacheBytes: 0));
        redis.TryRead(10, now: 0).ShouldBeTrue();
        redis.TryRead(15, now: 0).ShouldBeFalse("a quarter of a second is too long");
        redis.Advance(1);
        redis.TryRead(1, now: 1).ShouldBeFalse("it rests");
        redis.TryRead(1, now: 5.1).ShouldBeTrue();
    }
}
