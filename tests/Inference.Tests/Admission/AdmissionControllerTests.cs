using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using NSubstitute;
using Rembg.Contract.Problems;
using Rembg.Inference.Admission;

namespace Rembg.Inference.Tests.Admission;

public sealed class AdmissionControllerTests : IDisposable
{
    private const long Mebibyte = 1 << 20;
    private readonly CancellationTokenSource _stopping = new();
    private readonly AdmissionController _gate;

    public AdmissionControllerTests()
    {
        var lifetime = Substitute.For<IHostApplicationLifetime>();
        lifetime.ApplicationStopping.Returns(_stopping.Token);
        _gate = new AdmissionController(Options.Create(new AdmissionOptions { MaxRequests = 3, MaxWaitingMiB = 32 }), lifetime);
    }

    [Fact]
    public void AllPlacesTaken_IsRefusedAtOnceUntilOneLeaves()
    {
        var places = Enumerable.Range(0, 3).Select(_ => _gate.Enter(1)).ToList();
        _gate.InFlight.ShouldBe(3);

        var problem = Refusal(() => _gate.Enter(1));
        problem.Overload.ShouldBe("queue-full");
        problem.RetryAfter.ShouldNotBeNull();

        places[0].Dispose();
        _gate.Enter(1).Dispose();
    }

    [Fact]
    public void ByteBudgetTaken_IsRefusedAndTakesNoPlace()
    {
        using var large = _gate.Enter(31 * Mebibyte);
        Refusal(() => _gate.Enter(2 * Mebibyte)).Overload.ShouldBe("queue-full");
        _gate.InFlight.ShouldBe(1);
        using var small = _gate.Enter(Mebibyte);
    }

    [Fact]
    public void LargerThanTheWholeBudget_EntersAlone()
    {
        using (_gate.Enter(100 * Mebibyte)) Refusal(() => _gate.Enter(1));
        _gate.Enter(1).Dispose();
    }

    [Fact]
    public void LeavingTwice_GivesBackOnce()
    {
        var place = _gate.Enter(1);
        place.Dispose();
        place.Dispose();
        _gate.InFlight.ShouldBe(0);
    }

    [Fact]
    public void Stopping_IsSaidAsDraining()
    {
        _stopping.Cancel();
        Refusal(() => _gate.Enter(1)).Overload.ShouldBe("draining");
    }

    private static Problem Refusal(Action enter)
    {
        var problem = Should.Throw<ProblemException>(enter).Problem;
        problem.Status.ShouldBe(503);
        return problem;
    }

    public void Dispose()
    {
        _gate.Dispose();
        _stopping.Dispose();
    }
}
