using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rembg.Contract.Hosting;

namespace Rembg.Bench;

/// <summary>The least that a cache hit can cost: Kestrel reads the upload, hashes it and writes bytes that are there.</summary>
internal static class BareServer
{
    public const string Argument = "bare-server";

    public static async Task RunAsync(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.AddServiceHost();
        var app = builder.Build();
        var answer = new byte[CacheScenario.AnswerBytes];
        app.Run(async context =>
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var reader = context.Request.BodyReader;
            while (true)
            {
                var read = await reader.ReadAsync();
                foreach (var segment in read.Buffer) hash.AppendData(segment.Span);
                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted) break;
            }
            context.Response.Headers.ETag = $"\"{Convert.ToHexStringLower(hash.GetHashAndReset())}\"";
            if (context.Request.Path == "/empty") return;
            context.Response.ContentLength = answer.Length;
            await context.Response.Body.WriteAsync(answer);
        });
        await app.RunAsync();
    }
}
