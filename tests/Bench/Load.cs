using System.Net;

namespace Rembg.Bench;

/// <summary>What the scenarios' clients do.</summary>
internal static class Load
{
    /// <summary>One synchronous cutout; fails when it is not answered with a picture.</summary>
    public static async Task CutAsync(HttpClient http, byte[] image, string query = "")
    {
        using var content = new ByteArrayContent(image);
        using var answer = await http.PostAsync("/v1/remove-background" + query, content);
        var body = await answer.Content.ReadAsByteArrayAsync();
        if (answer.StatusCode != HttpStatusCode.OK) throw new HttpRequestException($"{(int)answer.StatusCode}: {System.Text.Encoding.UTF8.GetString(body)}");
    }
}
