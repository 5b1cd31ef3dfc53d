namespace Rembg.Gateway.Fetching;

/// <summary>A URL that may be asked, as far as its text tells: http or https, a host and a port that are allowed, no user.</summary>
internal static class TargetUrl
{
    public const int MaxLength = 2048;

    /// <summary>For the problem that refuses another.</summary>
    public const string Rule = "must be an http or https URL of at most 2,048 characters, without a user, on a host and a port that this server allows";

    /// <summary>Null for a URL that may not be asked.</summary>
    public static Uri? Parse(string text, FetchingOptions options) =>
        text.Length <= MaxLength && Uri.TryCreate(text, UriKind.Absolute, out var url) && IsAllowed(url, options) ? url : null;

    /// <summary>Where a redirect leads, or null where it may not lead.</summary>
    public static Uri? Follow(Uri from, Uri location, FetchingOptions options)
    {
        var to = new Uri(from, location);
        var isDowngrade = from.Scheme == Uri.UriSchemeHttps && to.Scheme != Uri.UriSchemeHttps;
        return isDowngrade || to.OriginalString.Length > MaxLength || !IsAllowed(to, options) ? null : to;
    }

    public static bool IsAllowed(Uri url, FetchingOptions options) =>
        (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && url.UserInfo.Length == 0
        && url.HostNameType is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6
        && (url.Port is 80 or 443 || options.AllowedPorts.Contains(url.Port))
        && (options.AllowedHosts.Count == 0 || options.AllowedHosts.Any(allowed => Matches(url.IdnHost.TrimEnd('.'), allowed)));

    private static bool Matches(string host, string allowed) => allowed.StartsWith("*.", StringComparison.Ordinal)
        ? host.EndsWith(allowed[1..], StringComparison.OrdinalIgnoreCase)
        : host.Equals(allowed, StringComparison.OrdinalIgnoreCase);
}
