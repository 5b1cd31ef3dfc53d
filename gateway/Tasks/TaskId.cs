using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Rembg.Gateway.Tasks;

/// <summary>Names of tasks: 144 random bits as 24 URL-safe characters. Where keys are off, knowing it is the right to see the task.</summary>
internal static class TaskId
{
    private const int RandomBytes = 18;
    private const int Length = 24;
    private static readonly SearchValues<char> UrlSafe = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>False for what cannot be a task's name, so that it never gets near a key.</summary>
    public static bool IsValid(string id) => id.Length == Length && !id.AsSpan().ContainsAnyExcept(UrlSafe);
}
