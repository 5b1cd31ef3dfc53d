using Microsoft.Extensions.Options;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Tests.Pods;

public class RetryBudgetTests
{
    private readonly RetryBudget _budget = new(Options.Create(new PodsOptions { RetryBurst = 5, RetryShare = 0.1 }));

    [Fact]
    public void Burst_IsThereFromTheStartAndEnds()
    {
        Enumerable.Range(0, 10).Count(_ => _budget.TrySpend()).ShouldBe(5);
    }

    [Fact]
    public void SpentBudget_GrowsByTheShareOfRuns()
    {
        while (_budget.TrySpend()) { }
        for (var runs = 0; runs < 101; runs++) _budget.Earn(); // one more than ten times ten: a tenth is no exact binary number
        Enumerable.Range(0, 100).Count(_ => _budget.TrySpend()).ShouldBe(5, "never more than the burst");

        for (var runs = 0; runs < 21; runs++) _budget.Earn();
        Enumerable.Range(0, 100).Count(_ => _budget.TrySpend()).ShouldBe(2);
    }
}
