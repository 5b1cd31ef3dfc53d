using System.Net;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Rembg.Gateway.Redis;

/// <summary><c>ConnectionStrings:Redis</c>: a URL (<c>redis://user:password@host:6379/0</c>, <c>rediss://</c> for TLS), or the library's <c>host:6379,password=...</c>.</summary>
internal static class RedisConnectionString
{
    private const string Wrong =
        "ConnectionStrings:Redis must be redis://[user:password@]host[:port][/database], the same with rediss:// for TLS, or host:port[,host:port...][,option=value...]";

    /// <exception cref="OptionsValidationException">It is neither; says what may be wrong without a word of the string, which holds a password.</exception>
    public static ConfigurationOptions Parse(string text)
    {
        ConfigurationOptions options;
        try
        {
            options = text.Contains("://", StringComparison.Ordinal) ? ParseUrl(text) : ConfigurationOptions.Parse(text);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException)
        {
            throw Invalid();
        }
        return options.EndPoints.Count > 0 && options.EndPoints.All(IsAddress) ? options : throw Invalid();
    }

    private static ConfigurationOptions ParseUrl(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("redis" or "rediss") || url.Host.Length == 0 || url.Query.Length > 0) throw Invalid();
        var options = new ConfigurationOptions { Ssl = url.Scheme == "rediss", EndPoints = { { url.IdnHost, url.IsDefaultPort ? 6379 : url.Port } } };
        if (url.UserInfo.Split(':', 2) is [var user, var password])
        {
            if (user.Length > 0) options.User = Uri.UnescapeDataString(user);
            options.Password = Uri.UnescapeDataString(password);
        }
        if (url.AbsolutePath is not ("" or "/")) options.DefaultDatabase = int.Parse(url.AbsolutePath.AsSpan(1), System.Globalization.NumberStyles.None, provider: null);
        return options;
    }

    private static bool IsAddress(EndPoint endpoint) => endpoint is not DnsEndPoint name || Uri.CheckHostName(name.Host) != UriHostNameType.Unknown;

    private static OptionsValidationException Invalid() => new("ConnectionStrings", typeof(ConfigurationOptions), [Wrong]);
}
