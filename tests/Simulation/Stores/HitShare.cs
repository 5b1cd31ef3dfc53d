namespace Rembg.Simulation.Stores;

/// <summary>
/// What share of requests finds its answer in a cache, when images are asked for as often as Zipf's law says. By the
/// approximation of Che, Tung and Wang, "Hierarchical Web Caching Systems" (2002): an entry lives for one time T, the same for
/// all, in which it is asked for again or is lost.
/// </summary>
/// <param name="Images">Different ones.</param>
/// <param name="Exponent">0: all equally often; about 0.8 for pictures of web pages.</param>
public sealed record HitShare(double Images, double Exponent)
{
    private const int Classes = 400;

    /// <param name="perSecond">Requests that the cache sees.</param>
    /// <param name="entries">That fit into it.</param>
    /// <param name="lifetime">Seconds that an entry may live.</param>
    public double Of(double perSecond, double entries, double lifetime)
    {
        var classes = Popularities();
        var (least, most) = (0.0, lifetime);
        if (Held(classes, perSecond * lifetime) <= entries) least = lifetime;
        else
        {
            for (var i = 0; i < 60; i++)
            {
                var half = (least + most) / 2;
                if (Held(classes, perSecond * half) <= entries) least = half;
                else most = half;
            }
        }
        return classes.Sum(c => c.Count * c.Share * (1 - Math.Exp(-perSecond * least * c.Share)));
    }

    private static double Held(List<(double Count, double Share)> classes, double requests) => classes.Sum(c => c.Count * (1 - Math.Exp(-requests * c.Share)));

    /// <summary>Ranks in classes of like popularity: the first ones alone, then ever more together.</summary>
    private List<(double Count, double Share)> Popularities()
    {
        var classes = new List<(double Count, double Share)>();
        var growth = Math.Pow(Images, 1.0 / Classes);
        for (double first = 1; first <= Images;)
        {
            var next = Math.Min(Images + 1, Math.Max(first + 1, Math.Floor(first * growth)));
            classes.Add((next - first, Math.Pow((first + next - 1) / 2, -Exponent)));
            first = next;
        }
        var sum = classes.Sum(c => c.Count * c.Share);
        return [.. classes.Select(c => (c.Count, c.Share / sum))];
    }
}
