using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Prometheus;

namespace Rembg.Contract.Telemetry;

/// <summary>
/// Shows .NET meters at <c>/metrics</c>, as METER_INSTRUMENT. prometheus-net's own adapter shows counters as gauges and forgets a
/// series that rests for five minutes: it then begins anew at a value, and <c>increase()</c> sees nothing. Here each series has its
/// type and lives as long as the process.
/// </summary>
internal sealed class MeterBridge : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly MetricFactory _factory;

    /// <summary>Listens at once: what is recorded before is lost.</summary>
    public MeterBridge(IMeterFactory meters, CollectorRegistry registry)
    {
        _factory = Metrics.WithCustomRegistry(registry);
        // Hosts that share a process (tests) must not see each other's figures.
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters) && IsShown(instrument.Meter.Name)) listener.EnableMeasurementEvents(instrument, new Series(_factory, instrument));
        };
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, series) => ((Series)series!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, series) => ((Series)series!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, series) => ((Series)series!).Record(value, tags));
        _listener.Start();
        registry.AddBeforeCollectCallback(_listener.RecordObservableInstruments);
    }

    public void Dispose() => _listener.Dispose();

    private static bool IsShown(string meter) =>
        meter.StartsWith("rembg.", StringComparison.Ordinal) || meter is "Microsoft.AspNetCore.Hosting" or "Microsoft.AspNetCore.Server.Kestrel";

    /// <summary>All series of one instrument.</summary>
    private sealed class Series(MetricFactory factory, Instrument instrument)
    {
        private readonly string _name = Sanitize($"{instrument.Meter.Name}_{instrument.Name}").ToLowerInvariant();
        private readonly string _help = instrument.Description ?? "";

        // By names of labels: some instruments do not give all of them each time.
        private readonly ConcurrentDictionary<string, Action<double, string[]>> _recorders = [];

        public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var sorted = tags.ToArray();
            Array.Sort(sorted, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
            var names = Array.ConvertAll(sorted, static tag => Sanitize(tag.Key));
            var values = Array.ConvertAll(sorted, static tag => Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "");
            _recorders.GetOrAdd(string.Join(',', names), _ => Recorder(names))(value, values);
        }

        private Action<double, string[]> Recorder(string[] labels)
        {
            var kind = instrument.GetType();
            switch (kind.IsGenericType ? kind.GetGenericTypeDefinition() : null)
            {
                case var counter when counter == typeof(Counter<>):
                    var counted = factory.CreateCounter(_name, _help, labels);
                    return (value, values) => counted.WithLabels(values).Inc(value);
                case var counter when counter == typeof(ObservableCounter<>):
                    var total = factory.CreateCounter(_name, _help, labels);
                    return (value, values) => total.WithLabels(values).IncTo(value);
                case var histogram when histogram == typeof(Histogram<>):
                    var observed = factory.CreateHistogram(_name, _help, labels, new HistogramConfiguration { Buckets = Buckets.For(instrument.Name) });
                    return (value, values) => observed.WithLabels(values).Observe(value);
                case var change when change == typeof(UpDownCounter<>):
                    var level = factory.CreateGauge(_name, _help, labels);
                    return (value, values) => level.WithLabels(values).Inc(value);
                default:
                    var gauge = factory.CreateGauge(_name, _help, labels);
                    return (value, values) => gauge.WithLabels(values).Set(value);
            }
        }

        private static string Sanitize(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
    }
}
