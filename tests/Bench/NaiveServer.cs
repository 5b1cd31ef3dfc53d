using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Hosting;
using Rembg.Contract.Models;
using Rembg.Inference.Imaging;
using Rembg.Inference.Models;

namespace Rembg.Bench;

/// <summary>
/// The baseline of the article's table, over this code base's own image pipeline: a server without queue, limits or
/// batches. <c>--Naive=session-per-request</c> loads the model for every request, one at a time, as the article's first
/// version; <c>--Naive=shared-session</c> shares one session among as many requests as come.
/// </summary>
internal static class NaiveServer
{
    public const string Argument = "naive-server";
    public const string PerRequest = "session-per-request";
    public const string Shared = "shared-session";

    public static async Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.AddServiceHost();
        var model = builder.Configuration["Model"]!;
        using var shared = builder.Configuration["Naive"] == Shared ? Open(model) : null;
        using var turn = new SemaphoreSlim(1);
        var app = builder.Build();
        app.MapPost("/v1/remove-background", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var image = body.ToArray();
            CutoutEncoder cutout;
            if (shared is not null)
            {
                cutout = await Task.Run(() => Cut(shared, image));
            }
            else
            {
                await turn.WaitAsync();
                try
                {
                    cutout = await Task.Run(() =>
                    {
                        using var session = Open(model);
                        return Cut(session, image);
                    });
                }
                finally
                {
                    turn.Release();
                }
            }
            context.Response.ContentType = cutout.ContentType;
            cutout.Write(image, context.Response.BodyWriter, context.RequestAborted);
        });
        await app.RunAsync();
    }

    /// <summary>In full precision, as the article's.</summary>
    private static OnnxSession Open(string model) => Sessions.Open(model, Precision.Full);

    private static CutoutEncoder Cut(OnnxSession session, byte[] image)
    {
        var spec = session.Spec;
        var (header, buffers, input) = (ImageHeader.Read(image, new()), new RunBuffers(spec, 1), new byte[session.InputBytes]);
        InputImage.Decode(image, header, spec.InputWidth, spec.InputHeight, input);
        Normalization.ToInput(input, spec, buffers.InputOf(0));
        session.Run(buffers, 1);
        return CutoutEncoder.Plan(header, new Mask(spec.InputWidth, spec.InputHeight, Normalization.ToMask(buffers.OutputOf(0), spec.Activation)), CutoutOptions.Default);
    }
}
