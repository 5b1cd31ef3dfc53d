namespace Rembg.Inference.Imaging;

/// <summary>
/// For each output sample of one direction: which input samples it is made of, and how much of each. The windows are
/// Pillow's (<c>Image.resize(…, LANCZOS)</c>, the reference's resizer): three lobes, widened when shrinking so that it
/// does not alias, cut off and renormalised at the borders.
/// </summary>
internal sealed class LanczosWeights
{
    /// <summary>Weights come in whole vectors, the last ones zero; so many samples may be read, not used, past a row's end.</summary>
    public const int Padding = 8;

    private readonly int[] _starts;
    private readonly float[] _weights;

    /// <param name="from">Input samples.</param>
    /// <param name="to">Output samples.</param>
    /// <param name="extent">What the output covers, in input samples: about <paramref name="from"/>.</param>
    public LanczosWeights(int from, int to, double extent) : this(from, to, extent, 0, to) { }

    /// <summary>Some of the output samples: the same weights as among all of them.</summary>
    /// <param name="first">The first that is wanted.</param>
    /// <param name="outputs">How many are wanted.</param>
    public LanczosWeights(int from, int to, double extent, int first, int outputs)
    {
        Outputs = outputs;
        var scale = extent / to;
        var stretch = Math.Max(scale, 1);
        var support = 3 * stretch;
        Taps = Math.Min((int)Math.Ceiling(support) * 2 + 1, from);
        _starts = new int[outputs];
        Stride = (Taps + Padding - 1) / Padding * Padding;
        _weights = new float[outputs * Stride];

        Span<double> raw = Taps <= 256 ? stackalloc double[Taps] : new double[Taps];
        for (var i = 0; i < outputs; i++)
        {
            var centre = (first + i + 0.5) * scale;
            var start = Math.Clamp((int)(centre - support + 0.5), 0, from - 1);
            var count = Math.Min(from, (int)(centre + support + 0.5)) - start;
            // A window shorter than the others starts earlier with weights of zero: all have the same length.
            _starts[i] = Math.Min(start, from - Taps);
            raw.Clear();
            var sum = 0.0;
            for (var tap = 0; tap < count; tap++) sum += raw[start - _starts[i] + tap] = Lanczos((start + tap - centre + 0.5) / stretch);
            for (var tap = 0; tap < Taps; tap++) _weights[i * Stride + tap] = (float)(raw[tap] / sum);
        }
    }

    public int Outputs { get; }

    /// <summary>Weights for each output sample, those of zero that fill the last vector included.</summary>
    public int Stride { get; }

    /// <summary>Input samples for each output sample.</summary>
    public int Taps { get; }

    public int Start(int output) => _starts[output];

    public ReadOnlySpan<float> Of(int output) => _weights.AsSpan(output * Stride, Taps);

    public ReadOnlySpan<float> Padded(int output) => _weights.AsSpan(output * Stride, Stride);

    private static double Lanczos(double x) => x is > -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0;

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);
}
