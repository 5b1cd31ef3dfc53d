namespace Rembg.Gateway.Page;

/// <summary>Whether people meet the service in a browser.</summary>
public sealed class PageOptions
{
    public const string Section = "Page";

    /// <summary>Off: <c>GET /</c> and all files of the page are 404.</summary>
    public bool Enabled { get; set; } = true;
}
