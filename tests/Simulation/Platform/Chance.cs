namespace Rembg.Simulation.Platform;

internal static class Chance
{
    /// <summary>How many of many rare things happen. Knuth's method, in parts that its product does not underflow for.</summary>
    public static int Poisson(this Random random, double mean)
    {
        var count = 0;
        for (; mean > 100; mean -= 100) count += random.Poisson(100);
        var limit = Math.Exp(-mean);
        for (var product = random.NextDouble(); product > limit; product *= random.NextDouble()) count++;
        return count;
    }
}
