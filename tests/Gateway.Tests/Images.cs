using System.Net.Http.Headers;

namespace Rembg.Gateway.Tests;

/// <summary>What the gateway takes for photographs: a signature and filler, since it never looks further.</summary>
internal static class Images
{
    public static byte[] Jpeg(int bytes = 5000, int seed = 1)
    {
        var image = new byte[bytes];
        new Random(seed).NextBytes(image);
        ((byte[])[0xFF, 0xD8, 0xFF, 0xE0]).CopyTo(image, 0);
        return image;
    }

    public static ByteArrayContent Raw(int seed = 1, int bytes = 5000) => new(Jpeg(bytes, seed));

    public static MultipartFormDataContent Form(string field, byte[]? image = null, params (string Name, string Value)[] fields)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, value) in fields) form.Add(new StringContent(value), name);
        var file = new ByteArrayContent(image ?? Jpeg());
        file.Headers.ContentType = new MediaTypeHeaderValue("image/jpeg");
        form.Add(file, field, "photo.jpg");
        return form;
    }
}
