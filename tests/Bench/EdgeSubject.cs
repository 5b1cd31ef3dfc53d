namespace Rembg.Bench;

/// <summary>
/// A drawn subject whose alpha is known: what an edge can be, in the kinds that masks get wrong. Drawn four times as fine as it is used.
/// </summary>
internal static class EdgeSubject
{
    private const int Fine = 4;

    /// <summary>Kinds, and how each covers a square of <c>side</c> samples.</summary>
    public static IReadOnlyDictionary<string, Action<Canvas>> Kinds { get; } = new Dictionary<string, Action<Canvas>>
    {
        ["smooth"] = canvas => canvas.Ellipse(0.5, 0.5, 0.30, 0.36, 1),
        ["hair"] = canvas => Strands(canvas, 0.5, 0.55, 0.20, 0.26, count: 900, length: 0.16, width: 0.0016, curl: 2.5),
        ["fur"] = canvas => Strands(canvas, 0.5, 0.55, 0.30, 0.25, count: 4000, length: 0.035, width: 0.0022, curl: 0.8),
        ["glass"] = canvas =>
        {
            canvas.Ellipse(0.5, 0.5, 0.25, 0.36, 1);
            canvas.Ellipse(0.5, 0.46, 0.20, 0.26, 0.35f);
        },
        ["thin"] = canvas =>
        {
            for (var spoke = 0; spoke < 18; spoke++) canvas.Line(0.5, 0.5, 0.5 + 0.36 * Math.Cos(spoke * Math.PI / 9), 0.5 + 0.36 * Math.Sin(spoke * Math.PI / 9), 0.006);
            for (var arc = 0; arc < 180; arc++) canvas.Line(0.5 + 0.36 * Math.Cos(arc * Math.PI / 90), 0.5 + 0.36 * Math.Sin(arc * Math.PI / 90),
                0.5 + 0.36 * Math.Cos((arc + 1) * Math.PI / 90), 0.5 + 0.36 * Math.Sin((arc + 1) * Math.PI / 90), 0.022);
            canvas.Ellipse(0.5, 0.5, 0.08, 0.08, 1);
        },
        ["small"] = canvas => Strands(canvas, 0.6, 0.55, 0.09, 0.10, count: 800, length: 0.02, width: 0.0018, curl: 1),
        ["motion"] = canvas =>
        {
            canvas.Ellipse(0.5, 0.5, 0.28, 0.30, 1);
            canvas.BlurAcross(0.03);
        },
    };

    /// <returns>Alpha 0 to 1, side × side.</returns>
    public static float[] Alpha(string kind, int side)
    {
        var canvas = new Canvas(side * Fine);
        Kinds[kind](canvas);
        return canvas.Shrunk(Fine);
    }

    /// <summary>A body, and strands that leave it.</summary>
    private static void Strands(Canvas canvas, double x, double y, double across, double down, int count, double length, double width, double curl)
    {
        canvas.Ellipse(x, y, across, down, 1);
        var random = new Random(count);
        for (var strand = 0; strand < count; strand++)
        {
            var angle = random.NextDouble() * 2 * Math.PI;
            var (px, py, turn) = (x + 0.97 * across * Math.Cos(angle), y + 0.97 * down * Math.Sin(angle), (random.NextDouble() - 0.5) * curl);
            var reach = length * (0.4 + 0.6 * random.NextDouble());
            for (var step = 0; step < 12; step++)
            {
                var (nx, ny) = (px + reach / 12 * Math.Cos(angle), py + reach / 12 * Math.Sin(angle));
                canvas.Line(px, py, nx, ny, width * (1 - step / 14.0));
                (px, py, angle) = (nx, ny, angle + turn / 12);
            }
        }
    }

    /// <summary>Coverage of a square, each sample 0 to 1; places and sizes are shares of its side.</summary>
    internal sealed class Canvas(int side)
    {
        private readonly float[] _samples = new float[side * side];

        public void Ellipse(double x, double y, double across, double down, float alpha) => Each(x - across, y - down, x + across, y + down,
            (sx, sy) => Math.Pow((sx - x) / across, 2) + Math.Pow((sy - y) / down, 2) <= 1, alpha);

        public void Line(double x1, double y1, double x2, double y2, double width)
        {
            var (dx, dy, half) = (x2 - x1, y2 - y1, width / 2);
            Each(Math.Min(x1, x2) - half, Math.Min(y1, y2) - half, Math.Max(x1, x2) + half, Math.Max(y1, y2) + half, (sx, sy) =>
            {
                var along = Math.Clamp(((sx - x1) * dx + (sy - y1) * dy) / (dx * dx + dy * dy + 1e-12), 0, 1);
                return Math.Pow(sx - x1 - along * dx, 2) + Math.Pow(sy - y1 - along * dy, 2) <= half * half;
            }, 1);
        }

        public void BlurAcross(double length)
        {
            var (window, row) = ((int)(length * side), new float[side]);
            for (var y = 0; y < side; y++)
            {
                var sum = 0f;
                for (var x = 0; x < side; x++)
                {
                    sum += _samples[y * side + x] - (x >= window ? _samples[y * side + x - window] : 0);
                    row[x] = sum / window;
                }
                row.CopyTo(_samples, y * side);
            }
        }

        public float[] Shrunk(int by)
        {
            var small = new float[side / by * (side / by)];
            for (var y = 0; y < side; y++)
                for (var x = 0; x < side; x++) small[y / by * (side / by) + x / by] += _samples[y * side + x] / (by * by);
            return small;
        }

        private void Each(double left, double top, double right, double bottom, Func<double, double, bool> isInside, float alpha)
        {
            for (var y = Math.Max(0, (int)(top * side)); y <= Math.Min(side - 1, (int)(bottom * side) + 1); y++)
                for (var x = Math.Max(0, (int)(left * side)); x <= Math.Min(side - 1, (int)(right * side) + 1); x++)
                    if (isInside((x + 0.5) / side, (y + 0.5) / side)) _samples[y * side + x] = alpha;
        }
    }
}
