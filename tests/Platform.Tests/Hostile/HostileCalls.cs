using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace Rembg.Platform.Tests.Hostile;

/// <summary>The ways by which a file comes in: mostly the pod's own door, and each form of upload that the gateway takes.</summary>
internal sealed class HostileCalls(Uri pod, Uri gateway)
{
    /// <summary>Options of the answer, so that every encoder meets every odd size.</summary>
    private static readonly string[] Queries = ["", "", "", "format=webp", "format=jpg", "format=zip", "channels=alpha", "size=preview", "bg_color=red&post_process_mask=true"];

    public HttpRequestMessage To(HostileFile file)
    {
        var random = new Random(file.Number);
        var query = Queries[random.Next(Queries.Length)];
        return random.Next(8) switch
        {
            0 => Post(gateway, "/v1/remove-background", query, Raw(file)),
            1 => Post(gateway, "/v1/remove-background", query, new MultipartFormDataContent { { Raw(file), "file", "photo.jpg" } }),
            2 => Post(gateway, "/v1.0/removebg", "", JsonContent.Create(new { image_file_b64 = Convert.ToBase64String(file.Bytes), size = "auto" })),
            _ => Post(pod, "/v1/infer", query, Raw(file)),
        };
    }

    private static HttpRequestMessage Post(Uri service, string path, string query, HttpContent content) =>
        new(HttpMethod.Post, new Uri(service, $"{path}?{query}")) { Content = content };

    private static ByteArrayContent Raw(HostileFile file) => new(file.Bytes) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } };
}
