using System.Globalization;
using System.Net.Mime;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Rembg.Contract;
using Rembg.Contract.Models;
using Rembg.Contract.Problems;
using Rembg.Inference.Admission;
using Rembg.Inference.Batching;
using Rembg.Inference.Imaging;
using Rembg.Inference.Models;
using Rembg.Inference.Telemetry;

namespace Rembg.Inference.Http;

/// <summary><c>POST /v1/infer</c>: the way of an image through the pod, from the door to the last byte.</summary>
internal sealed class InferEndpoint(
    ModelRegistry models, AdmissionController gate, DecodeLimiter lanes, PixelMemoryLimiter pixels, IOptions<ImageLimits> limits, InferenceMetrics metrics, TimeProvider time)
{
    /// <summary>More than timers and networks are late by.</summary>
    private static readonly TimeSpan GatewayGivesUp = TimeSpan.FromSeconds(2);

    public async Task HandleAsync(HttpContext context)
    {
        context.Response.OnStarting(() =>
        {
            context.Response.Headers[PodHeaders.Load] = gate.InFlight.ToString(CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        });
        var clock = new ServerTiming(time, metrics);
        var (model, priority, outcome) = ("unknown", Priority.Interactive, "failed");
        try
        {
            // 1. What is asked, how urgently, and until when.
            var request = InferRequest.Read(context.Request, time);
            var loaded = models.Find(request.Options.Model);
            (model, priority) = (loaded.Info.Name, request.Priority);

            await CutAsync(context, request, loaded, clock);
            outcome = "ok";
        }
        catch (Exception exception)
        {
            outcome = Outcome(exception, context.RequestAborted);
            if (exception is DroppedException { Reason: not DropReason.Cancelled }) throw Problem.DeadlineExceeded().AsException();
            throw;
        }
        finally
        {
            metrics.Answered(model, priority, outcome, clock.Total);
        }
    }

    private async Task CutAsync(HttpContext context, InferRequest request, LoadedModel model, ServerTiming clock)
    {
        if (request.MaskBytes == 0 && model.Batcher is null) throw Problem.Overloaded("This pod draws with masks and runs no model.", PodHeaders.Draining).AsException();

        // 2. A place, before a byte of the body is read; refused at once when full or when the time left cannot be enough.
        if (request.MaskBytes > model.Inputs.Bytes) throw Problem.InvalidMask().AsException();
        using var place = gate.Enter((context.Request.ContentLength ?? limits.Value.MaxBytes) + model.Inputs.Bytes);
        var left = request.Deadline.Left(time);
        if (left <= TimeSpan.Zero) throw Problem.DeadlineExceeded().AsException();
        if (request.MaskBytes == 0 && model.Batcher!.EstimateWait(request.Priority) > left)
            throw AdmissionController.Full("The queue is too long for the time that this request has left.");
        using var late = new CancellationTokenSource(left, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, context.RequestAborted);

        // 3. The upload, and all that its header can refuse.
        using var upload = await RequestImage.ReadAsync(context.Request, limits.Value.MaxBytes, request.Options.BackgroundImage?.Bytes ?? 0, request.MaskBytes, stop.Token);
        var header = ImageHeader.Read(upload.Image, limits.Value);
        var region = Placement.Region(request.Options.Layout.Roi, header.UprightWidth, header.UprightHeight);
        pixels.CheckFits(InputImage.DecodedBytes(header, region, model.Info.InputWidth, model.Info.InputHeight));
        pixels.CheckFits(CutoutMemory.Of(header, request.Options, model.Info.InputWidth, model.Info.InputHeight));
        var background = BackgroundLayer.Read(upload.Background, limits.Value);

        // 4. A shrunk decode gives the model's input; 5. the batcher gives the mask. A request that brings its mask needs neither.
        using var input = request.MaskBytes > 0 ? null : model.Inputs.Rent();
        var mask = input is null ? Unpack(upload.Mask, model, clock)
            : await FindMaskAsync(context, request, model, upload, header, region, input.Pixels, clock, stop.Token);
        var packed = request.Wanted.HasFlag(AnswerParts.Mask) ? Pack(context.Response, mask, model, clock) : [];
        if (!request.Wanted.HasFlag(AnswerParts.Picture))
        {
            context.Response.ContentType = MediaTypeNames.Application.Octet;
            context.Response.Headers[PodHeaders.ServerTiming] = clock.ToString();
            await context.Response.Body.WriteAsync(packed, stop.Token);
            return;
        }

        // 6. Everything about the answer is known before its pixels are, also that there is nothing wrong with the background.
        if (background is not null) await CheckAsync(background, model.Info, stop.Token);
        var cutout = CutoutEncoder.Plan(header, mask, request.Options, background);
        pixels.CheckFits(cutout.DecodedBytes);
        context.Response.Headers[PodHeaders.Frames] = header.Frames.ToString(CultureInfo.InvariantCulture);
        Describe(context.Response, model, cutout, clock);

        // 7. One decode at the size of the answer, composed and encoded while it is sent.
        using var room = await pixels.EnterAsync(cutout.DecodedBytes, stop.Token);
        var started = clock.Start();
        using (InferenceTrace.Source.StartActivity("encode"))
        {
            // The head goes first: to the gateway, encoding is the time from there to the last byte.
            await context.Response.StartAsync(stop.Token);
            await context.Response.BodyWriter.FlushAsync(stop.Token); // WebP and JPEG give no byte before they are whole
            // From here on the deadline can only be kept by breaking the connection, which looks like a dying pod. The gateway set the
            // deadline, and its clock began earlier: with this grace it always gives up first.
            late.CancelAfter(request.Deadline.Left(time) + GatewayGivesUp);
            cutout.Write(upload.Image, context.Response.BodyWriter, stop.Token, input?.Pixels ?? default);
            await context.Response.BodyWriter.WriteAsync(packed, stop.Token);
        }
        clock.Stop("encode", started);
    }

    private async Task CheckAsync(BackgroundLayer background, ModelInfo model, CancellationToken stop)
    {
        using var room = await pixels.EnterDecodeAsync(background.DecodedBytes(model.InputWidth, model.InputHeight), stop);
        using var lane = await lanes.EnterAsync(stop);
        background.Check(model.InputWidth, model.InputHeight, stop);
    }

    private async Task<Mask> FindMaskAsync(
        HttpContext context, InferRequest request, LoadedModel model, RequestImage upload, ImageHeader header, Box region, byte[] input, ServerTiming clock, CancellationToken stop)
    {
        var (width, height) = (model.Info.InputWidth, model.Info.InputHeight);
        using (await pixels.EnterDecodeAsync(InputImage.DecodedBytes(header, region, width, height), stop))
        using (await lanes.EnterAsync(stop))
        {
            var started = clock.Start();
            using var activity = InferenceTrace.Source.StartActivity("decode");
            InputImage.Decode(upload.Image, header, region, width, height, input, PhotoColours.AsStored, stop);
            clock.Stop("decode", started);
        }
        var result = await model.Batcher!.RunAsync(input, request.Priority, request.Deadline, context.RequestAborted, request.IsLight);
        clock.Add("queue", result.Waited);
        clock.Add("infer", result.Ran);
        context.Response.Headers[PodHeaders.BatchSize] = result.BatchSize.ToString(CultureInfo.InvariantCulture);
        return new Mask(width, height, result.Mask);
    }

    private static Mask Unpack(ReadOnlyMemory<byte> packed, LoadedModel model, ServerTiming clock)
    {
        var started = clock.Start();
        var mask = PackedMask.Unpack(packed, model.Info) ?? throw Problem.InvalidMask().AsException();
        clock.Stop("mask", started);
        return mask;
    }

    private static byte[] Pack(HttpResponse response, Mask mask, LoadedModel model, ServerTiming clock)
    {
        var started = clock.Start();
        var packed = PackedMask.Pack(mask, model.Info);
        clock.Stop("mask", started);
        response.Headers[PodHeaders.MaskVersion] = model.Info.MaskVersion;
        response.Headers[PodHeaders.MaskBytes] = packed.Length.ToString(CultureInfo.InvariantCulture);
        return packed;
    }

    private static void Describe(HttpResponse response, LoadedModel model, CutoutEncoder cutout, ServerTiming clock)
    {
        response.ContentType = cutout.ContentType;
        response.Headers[PodHeaders.Version] = model.Info.Version;
        response.Headers[PodHeaders.Width] = cutout.Width.ToString(CultureInfo.InvariantCulture);
        response.Headers[PodHeaders.Height] = cutout.Height.ToString(CultureInfo.InvariantCulture);
        response.Headers[PodHeaders.MaxWidth] = cutout.MaxWidth.ToString(CultureInfo.InvariantCulture);
        response.Headers[PodHeaders.MaxHeight] = cutout.MaxHeight.ToString(CultureInfo.InvariantCulture);
        response.Headers[PodHeaders.Foreground] = cutout.Foreground.ToString();
        response.Headers[PodHeaders.Uncertainty] = cutout.Uncertainty.ToString("0.###", CultureInfo.InvariantCulture);
        response.Headers[PodHeaders.ServerTiming] = clock.ToString();
    }

    private static string Outcome(Exception exception, CancellationToken aborted) => exception switch
    {
        _ when aborted.IsCancellationRequested => "cancelled",
        ReaderGoneException => "cancelled", // the server knows a moment before the request's token does
        DroppedException dropped => JsonNamingPolicy.SnakeCaseLower.ConvertName(dropped.Reason.ToString()),
        ProblemException { Problem.Status: 503 } => "rejected",
        ProblemException => "invalid",
        BadHttpRequestException => "invalid",
        OperationCanceledException => "expired",
        _ => "failed",
    };
}
