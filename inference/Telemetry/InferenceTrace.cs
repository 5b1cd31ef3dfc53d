using System.Diagnostics;
using Rembg.Contract.Telemetry;

namespace Rembg.Inference.Telemetry;

internal static class InferenceTrace
{
    public static readonly ActivitySource Source = new(TelemetryServices.SourcePrefix + "Inference");
}
