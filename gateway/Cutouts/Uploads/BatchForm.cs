using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>A multipart/form-data body with fields first and then many files, each read by itself and in its turn.</summary>
internal sealed class BatchForm(MemoryBudget memory, UploadTurns turns, IOptions<UploadOptions> options, TimeProvider time)
{
    public const int MaxFiles = 1000;
    private readonly UploadOptions _options = options.Value;

    /// <param name="request">Its body has not been touched.</param>
    /// <param name="begin">Gets the fields, before the first file is read.</param>
    /// <param name="accept">Takes a file: its index, its name, and what reads it, which throws where it cannot be taken.</param>
    /// <param name="cancelled">The caller has gone.</param>
    /// <exception cref="ProblemException">400: not well formed, no file, too many files, a background image, or a field after a file.</exception>
    public async Task ReadAsync(
        HttpRequest request, Func<List<KeyValuePair<string, string>>, Task> begin, Func<int, string, Func<Task<Upload>>, Task> accept, CancellationToken cancelled)
    {
        request.Body = new LimitedBody(request.Body, MaxFiles * _options.MaxBodyBytes(UploadFields.Default), _options.MaxBytes);
        var client = request.HttpContext.GetClient().Id;
        var parameters = request.Query.SelectMany(pair => pair.Value, (pair, value) => KeyValuePair.Create(pair.Key, value ?? "")).ToList();
        var files = 0;
        await MultipartUpload.ForEachPartAsync(request, MaxFiles + MultipartUpload.MaxParts, async (part, name, file) =>
        {
            if (file is null && files > 0) throw Problem.InvalidRequest("Fields come before files: what they say holds for all of them.").AsException();
            if (file is null) parameters.Add(new(name, await MultipartUpload.ReadFieldAsync(part.Body, name, cancelled)));
            if (file is null) return;
            if (name == BackgroundImage.Name) throw Problem.InvalidParameter(BackgroundImage.Name, "is not taken by a batch: bg_color is").AsException();
            if (files == 0) await begin(parameters);
            if (files >= MaxFiles) throw Problem.InvalidRequest($"A batch has at most {MaxFiles:N0} files.").AsException();
            await accept(files++, file, () => ReadFileAsync(part.Body, client, cancelled));
        }, cancelled);
        if (files == 0) throw Problem.MissingImage("The form needs a file.").AsException();
    }

    private async Task<Upload> ReadFileAsync(Stream body, string client, CancellationToken cancelled)
    {
        using var timeout = new CancellationTokenSource(_options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancelled, timeout.Token);
        using var buffer = new UploadBuffer(memory, client, hashing: false, emptyIsAbsent: false);
        try
        {
            using (await turns.EnterAsync(client, _options.MaxBytes, either.Token)) await buffer.ReadAsync(body, _options.MaxBytes, either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancelled.IsCancellationRequested)
        {
            throw Problem.SlowRequest().AsException();
        }
        return buffer.CompleteImage();
    }
}
