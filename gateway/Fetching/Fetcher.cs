using System.Net;
using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Fetching;

/// <summary>Where a request says that its image is.</summary>
/// <param name="Parameter">Name of the parameter, for problems.</param>
/// <param name="Url">As the client gave it.</param>
internal sealed record ImageUrl(string Parameter, string Url);

/// <summary>Gets what a URL names: in its turn, within its time, through redirects, each judged as the first URL was.</summary>
internal sealed partial class Fetcher(
    OutboundHttp http, FetchPlaces places, KnownImages known, FetchMetrics metrics, IOptions<FetchingOptions> options, TimeProvider time, ILogger<Fetcher> logger)
{
    private readonly FetchingOptions _options = options.Value;

    public bool IsEnabled => _options.Enabled;

    /// <param name="image">What to get.</param>
    /// <param name="client">Whose place it takes.</param>
    /// <param name="revalidate">Whether 304 will do, when the image is known.</param>
    /// <param name="read">Takes the answer, which is 200, or 304 for a known image.</param>
    /// <param name="caller">The caller has gone.</param>
    /// <exception cref="ProblemException">400: no URL that may be asked. 422: its host gave nothing. 429, 503: too many are being fetched.</exception>
    public async Task<T> GetAsync<T>(ImageUrl image, string client, bool revalidate, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken caller)
    {
        if (TargetUrl.Parse(image.Url, _options) is not { } url) throw Problem.InvalidParameter(image.Parameter, TargetUrl.Rule).AsException();
        using var place = await places.EnterAsync(client, caller);
        using var timeout = new CancellationTokenSource(_options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(caller, timeout.Token);
        var (started, result) = (time.GetTimestamp(), "refused"); // such as an image that is too large
        try
        {
            using var answer = await FollowAsync(url, revalidate, either.Token);
            var taken = await read(answer, either.Token);
            result = answer.StatusCode == HttpStatusCode.NotModified ? "not_modified" : "ok";
            return taken;
        }
        catch (Exception failed) when (AsFailure(failed, timeout) is { } failure)
        {
            result = FetchMetrics.ResultOf(failure.Failure);
            Log.Failed(logger, url.IdnHost, failure.Failure);
            throw Problem.DownloadFailed(image.Parameter, Reason(failure)).AsException();
        }
        finally
        {
            metrics.Fetched(result, time.GetElapsedTime(started));
        }
    }

    private async Task<HttpResponseMessage> FollowAsync(Uri url, bool revalidate, CancellationToken cancellationToken)
    {
        for (var redirects = 0; redirects <= _options.MaxRedirects; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            var isKnown = revalidate && known.AskWhetherChanged(request);
            var answer = await http.SendAsync(request, cancellationToken);
            if (answer.StatusCode == HttpStatusCode.OK || (isKnown && answer.StatusCode == HttpStatusCode.NotModified)) return answer;
            using (answer) url = Next(url, answer);
        }
        throw new FetchException(FetchFailure.TooManyRedirects);
    }

    private Uri Next(Uri from, HttpResponseMessage answer)
    {
        var isRedirect = answer.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
        if (!isRedirect || answer.Headers.Location is not { } location) throw new FetchException(FetchFailure.BadStatus) { Status = (int)answer.StatusCode };
        return TargetUrl.Follow(from, location, _options) ?? throw new FetchException(FetchFailure.BadUrl);
    }

    private static FetchException? AsFailure(Exception exception, CancellationTokenSource timeout) => exception switch
    {
        FetchException failure => failure,
        OperationCanceledException when timeout.IsCancellationRequested => new(FetchFailure.Timeout, exception),
        IOException or HttpRequestException => new(FetchFailure.BadAnswer, exception),
        _ => null,
    };

    /// <summary>For callers. Never an address, nor anything that the host said but its status.</summary>
    private string Reason(FetchException failed) => failed.Failure switch
    {
        FetchFailure.BadUrl => "The host redirects to a URL that is not fetched.",
        FetchFailure.NoPublicAddress => "The host has no public address.",
        FetchFailure.NoConnection => "No connection to the host could be made.",
        FetchFailure.Tls => "No TLS connection with a valid certificate could be made.",
        FetchFailure.Timeout => FormattableString.Invariant($"The host took longer than {_options.Timeout.TotalSeconds} s."),
        FetchFailure.BadStatus => $"The host answered with HTTP status {failed.Status}.",
        FetchFailure.TooManyRedirects => $"The host redirects more than {_options.MaxRedirects} times.",
        _ => "The host's answer is not valid HTTP, or ended too early.",
    };

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "An image could not be fetched from {Host}: {Failure}")]
        public static partial void Failed(ILogger logger, string host, FetchFailure failure);
    }
}
