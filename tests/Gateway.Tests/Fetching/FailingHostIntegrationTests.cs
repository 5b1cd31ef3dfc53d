using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Rembg.Gateway.Fetching;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Fetching;

/// <summary>Hosts that are slow, endless, lying or broken.</summary>
public sealed class FailingHostIntegrationTests(FetchingGateway shared) : IClassFixture<FetchingGateway>
{
    private readonly OriginServer _origin = shared.Origin;

    private string Url(string path) => $"http://{shared.Host}{path}";

    [Theory]
    [InlineData(204), InlineData(206), InlineData(304), InlineData(401), InlineData(404), InlineData(407), InlineData(500)]
    public async Task OtherStatus_IsNamed(int status)
    {
        _origin.Answer("/status", context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        await ShouldFailAsync(Url("/status"), $"The host answered with HTTP status {status}.");
    }

    [Fact]
    public async Task SlowHost_IsLeftAtTheDeadline()
    {
        await using var gateway = await shared.StartAsync("Fetching:Timeout=00:00:00.5");
        _origin.Answer("/silent", context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted));
        _origin.Answer("/half", async context =>
        {
            await context.Response.Body.WriteAsync(Images.Jpeg());
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        _origin.Answer("/drip", async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(Images.Jpeg(4));
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, context.RequestAborted);
            }
        });

        foreach (var path in new[] { "/silent", "/half", "/drip" }) await ShouldFailAsync(Url(path), "The host took longer than 0.5 s.", gateway);
        await gateway.MetricIsAsync("rembg_gateway_fetches_total{result=\"timeout\"} 3");
    }

    [Fact]
    public async Task EndlessBody_IsCutOffAtTheLimit()
    {
        var left = new TaskCompletionSource();
        _origin.Answer("/endless", async context =>
        {
            context.RequestAborted.Register(left.SetResult);
            await context.Response.Body.WriteAsync(Images.Jpeg());
            while (!context.RequestAborted.IsCancellationRequested) await context.Response.Body.WriteAsync(new byte[4096]);
        });

        using var answer = await shared.App.CutUrlAsync(Url("/endless"));

        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        await left.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task TooLargeByItsOwnWord_IsRefusedBeforeItIsRead()
    {
        _origin.Answer("/large", async context =>
        {
            context.Response.ContentLength = FetchingGateway.MaxBytes + 1;
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted); // no body comes
        });

        using var answer = await shared.App.CutUrlAsync(Url("/large"));

        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\nBODY")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\nBODY")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nBODY")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nBODY")]
    [InlineData("HTTP/1.1 200 OK\r\nX: LONG\r\n\r\nBODY")]
    [InlineData("HTTP/1.1 abc OK\r\n\r\n")]
    [InlineData("220 smtp.example ESMTP\r\n")]
    [InlineData("")]
    public async Task AnswerThatLiesOrBreaksOff_IsNoImage(string head)
    {
        await using var host = new RawHost(head.Replace("LONG", new string('x', 20_000), StringComparison.Ordinal));
        await using var gateway = await shared.StartAsync($"Fetching:AllowedPorts:1={host.Port}");

        using var answer = await gateway.CutUrlAsync($"http://public.example:{host.Port}/a.jpg");

        (await answer.ReadProblemAsync()).ShouldBe((422, "download_failed", "The host's answer is not valid HTTP, or ended too early."));
    }

    [Fact]
    public async Task ShorterWordThanTheBody_EndsTheImageThere()
    {
        await using var host = new RawHost("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nBODY");
        await using var gateway = await shared.StartAsync($"Fetching:AllowedPorts:1={host.Port}");

        using var answer = await gateway.CutUrlAsync($"http://public.example:{host.Port}/a.jpg");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        shared.Pod.Requests.Last().Image.Length.ShouldBe(100);
    }

    [Fact]
    public async Task ClosedPort_IsNoConnection()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0)); // held, and not listened at
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        await using var gateway = await shared.StartAsync($"Fetching:AllowedPorts:1={port}");

        await ShouldFailAsync($"http://public.example:{port}/a.jpg", "No connection to the host could be made.", gateway);
    }

    [Fact]
    public async Task Tls_CertificateMustBeTrustedValidAndTheHosts()
    {
        const string NoTls = "No TLS connection with a valid certificate could be made.";
        using var authority = Certificates.Authority();
        using var good = Certificates.Issue(authority, "public.example");
        await using var trusted = await OriginServer.StartAsync("127.0.0.2", 0, good);
        trusted.Serve("/tls.jpg", Images.Jpeg(seed: 77));
        trusted.Redirect("/down", Url("/plain.jpg"));
        trusted.Serve("/a.jpg", Images.Jpeg());
        await using var gateway = await shared.StartAsync($"Fetching:AllowedPorts:1={trusted.Port}");
        await ShouldFailAsync($"https://public.example:{trusted.Port}/a.jpg", NoTls, gateway);
        var trust = gateway.Services.GetRequiredService<OutboundHttp>().Trust;
        trust.TrustMode = X509ChainTrustMode.CustomRootTrust;
        trust.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(authority.RawData));

        using var taken = await gateway.CutUrlAsync($"https://public.example:{trusted.Port}/tls.jpg");
        taken.StatusCode.ShouldBe(HttpStatusCode.OK, await taken.Content.ReadAsStringAsync());
        await ShouldFailAsync($"https://public.example:{trusted.Port}/down", "The host redirects to a URL that is not fetched.", gateway);
        await ShouldFailAsync($"https://xn--bcher-kva.example:{trusted.Port}/a.jpg", NoTls, gateway);
        await ShouldFailAsync($"https://{shared.Host}/a.jpg", NoTls, gateway);

        using var expired = Certificates.Issue(authority, "public.example", expired: true);
        await using var old = await OriginServer.StartAsync("127.0.0.2", 0, expired);
        await using var stranger = await shared.StartAsync($"Fetching:AllowedPorts:1={old.Port}");
        var trustToo = stranger.Services.GetRequiredService<OutboundHttp>().Trust;
        trustToo.TrustMode = X509ChainTrustMode.CustomRootTrust;
        trustToo.CustomTrustStore.Add(X509CertificateLoader.LoadCertificate(authority.RawData));
        await ShouldFailAsync($"https://public.example:{old.Port}/a.jpg", NoTls, stranger);
    }

    /// <summary>A certificate may say where its issuer's can be had. Whoever follows that goes where the host wants.</summary>
    [Fact]
    public async Task Tls_IssuersCertificateIsNotDownloaded()
    {
        using var authority = Certificates.Authority();
        using var certificate = Certificates.Issue(authority, "public.example", issuerAt: $"http://127.0.0.1:{_origin.Port}/secret.jpg");
        await using var host = await OriginServer.StartAsync("127.0.0.2", 0, certificate);
        await using var gateway = await shared.StartAsync($"Fetching:AllowedPorts:1={host.Port}");

        await ShouldFailAsync($"https://public.example:{host.Port}/a.jpg", "No TLS connection with a valid certificate could be made.", gateway);

        shared.Traps.ShouldAllBe(trap => trap.Connections == 0);
    }

    private async Task ShouldFailAsync(string url, string reason, GatewayApp? gateway = null)
    {
        using var answer = await (gateway ?? shared.App).CutUrlAsync(url);
        (await answer.ReadProblemAsync()).ShouldBe((422, "download_failed", reason), url);
    }

    /// <summary>Says one thing to everybody and closes; BODY is a picture of 5,000 bytes.</summary>
    private sealed class RawHost : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Parse("127.0.0.2"), 0);
        private readonly Task _loop;

        public RawHost(string says)
        {
            _listener.Start();
            var parts = says.Split("BODY");
            _loop = LoopAsync([.. Encoding.ASCII.GetBytes(parts[0]), .. parts.Length > 1 ? Images.Jpeg() : []]);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _loop;
        }

        private async Task LoopAsync(byte[] says)
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    var stream = client.GetStream();
                    _ = await stream.ReadAsync(new byte[4096]);
                    await stream.WriteAsync(says);
                }
            }
            catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException or IOException)
            {
            }
        }
    }

    private static class Certificates
    {
        private static readonly DateTimeOffset Past = TimeProvider.System.GetUtcNow().AddDays(-10), Future = TimeProvider.System.GetUtcNow().AddDays(10);

        public static X509Certificate2 Authority()
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
            return request.CreateSelfSigned(Past, Future);
        }

        public static X509Certificate2 Issue(X509Certificate2 authority, string host, bool expired = false, string? issuerAt = null)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(host);
            request.CertificateExtensions.Add(names.Build());
            if (issuerAt is not null) request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(null, [issuerAt]));
            using var issued = request.Create(authority, Past.AddDays(1), expired ? Past.AddDays(2) : Future.AddDays(-1), RandomNumberGenerator.GetBytes(8));
            using var both = issued.CopyWithPrivateKey(key);
            return X509CertificateLoader.LoadPkcs12(both.Export(X509ContentType.Pkcs12), null);
        }
    }
}
