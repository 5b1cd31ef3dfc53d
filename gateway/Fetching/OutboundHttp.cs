using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Rembg.Gateway.Fetching;

/// <summary>Looks a host name up; all its addresses.</summary>
internal delegate Task<IPAddress[]> ResolveHost(string host, CancellationToken cancellationToken);

/// <summary>
/// Requests to hosts that strangers name. A host is looked up once, all its addresses are judged, and one of those very addresses is connected
/// to: a name that has another address at the next look-up changes nothing. Sends one request, follows no redirect, keeps no connection.
/// </summary>
internal sealed class OutboundHttp : IDisposable
{
    /// <summary>How we name ourselves in <c>Via</c> (RFC 9110, 7.6.3), so that a gateway that is sent to itself stops.</summary>
    public const string Pseudonym = "rembg-platform";

    private const int MaxHeadersKiB = 16;

    private readonly ResolveHost _resolve;
    private readonly AddressJudge _judge;
    private readonly FetchingOptions _options;
    private readonly HttpClient _client;

    public OutboundHttp(ResolveHost resolve, AddressJudge judge, IOptions<FetchingOptions> options)
    {
        (_resolve, _judge, _options) = (resolve, judge, options.Value);
        _client = new(new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            ConnectTimeout = _options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.Zero,
            MaxResponseHeadersLength = MaxHeadersKiB,
            MaxResponseDrainSize = 0,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null, // our traces are nobody else's
            SslOptions = { CertificateChainPolicy = Trust },
        });
        _client.Timeout = Timeout.InfiniteTimeSpan;
        _client.DefaultRequestHeaders.UserAgent.Add(new(Pseudonym, typeof(OutboundHttp).Assembly.GetName().Version?.ToString(3)));
        _client.DefaultRequestHeaders.Via.Add(new("1.1", Pseudonym));
    }

    /// <summary>
    /// The system's roots. What a certificate lacks is not downloaded: the URL for that is in the certificate, so the host would choose
    /// where we go, past every check here.
    /// </summary>
    internal X509ChainPolicy Trust { get; } = new() { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };

    /// <returns>The head of the answer; the body is still to be read.</returns>
    /// <exception cref="FetchException">The URL may not be asked, or its host gives no answer.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!TargetUrl.IsAllowed(request.RequestUri!, _options)) throw new FetchException(FetchFailure.BadUrl);
        try
        {
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException failed)
        {
            throw failed.InnerException as FetchException ?? new FetchException(failed.HttpRequestError switch
            {
                HttpRequestError.SecureConnectionError => FetchFailure.Tls,
                HttpRequestError.ConnectionError or HttpRequestError.Unknown => FetchFailure.NoConnection,
                _ => FetchFailure.BadAnswer,
            }, failed);
        }
        catch (OperationCanceledException slow) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FetchException(FetchFailure.NoConnection, slow);
        }
    }

    public void Dispose() => _client.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var addresses = await ResolveAsync(context.DnsEndPoint.Host, cancellationToken);
        if (addresses.Length == 0 || !Array.TrueForAll(addresses, _judge.Allows)) throw new FetchException(FetchFailure.NoPublicAddress);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken);
            _ = socket.RemoteEndPoint; // see PodConnection: fails here or not at all
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var address)) return [address];
        try
        {
            return await _resolve(host, cancellationToken);
        }
        catch (Exception failed) when (failed is SocketException or ArgumentException)
        {
            throw new FetchException(FetchFailure.NoPublicAddress, failed); // as one that has a private address: names inside are nobody's business
        }
    }
}
