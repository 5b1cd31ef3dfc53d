using Rembg.Contract.Problems;

namespace Rembg.Gateway.Compatibility;

/// <summary>How parameters of other APIs are gathered before they are translated into options.</summary>
internal static class CompatibilityParameters
{
    /// <summary>
    /// By name. Form and query may both carry a parameter if they agree; one without a value is as good as absent;
    /// one that the API does not know is a problem.
    /// </summary>
    public static Dictionary<string, string> Gather(this IEnumerable<KeyValuePair<string, string>> parameters, IReadOnlySet<string> known)
    {
        var gathered = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in parameters)
        {
            if (!known.Contains(name)) throw Problem.UnknownParameter(name).AsException();
            if (value.Length == 0 || gathered.TryAdd(name, value) || gathered[name] == value) continue;
            throw Problem.InvalidParameter(name, "is given twice with different values").AsException();
        }
        return gathered;
    }
}
