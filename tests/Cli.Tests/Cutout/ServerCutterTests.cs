using System.Net;
using Microsoft.Extensions.Time.Testing;
using Rembg.Cli.Cutout;
using Rembg.Contract.Cutouts;

namespace Rembg.Cli.Tests.Cutout;

public class ServerCutterTests
{
    private readonly WatchedTime _time = new();
    private readonly List<string> _waits = [];

    [Fact]
    public async Task FullServer_IsAskedAgainWhenItSays()
    {
        var server = new Script(Refusal(HttpStatusCode.ServiceUnavailable, "We are full.", retryAfter: 7), Cutout());
        var cut = CutAsync(server);

        (await _time.Waiting).ShouldBe(TimeSpan.FromSeconds(7));
        _time.Advance(TimeSpan.FromSeconds(7));

        (await cut).ShouldBe("cutout");
        _waits.ShouldBe(["We are full."]);
    }

    [Fact]
    public async Task ServerThatIsAway_IsAskedAgain()
    {
        var server = new Script(() => throw new HttpRequestException("Connection refused"), Cutout());
        var cut = CutAsync(server);
        _time.Advance(await _time.Waiting);

        (await cut).ShouldBe("cutout");
        _waits.ShouldHaveSingleItem().ShouldContain("Connection refused");
    }

    [Fact]
    public async Task WaitBeyondTheLimit_IsNotWaited()
    {
        var server = new Script(Refusal(HttpStatusCode.TooManyRequests, "Slowly.", retryAfter: 61));
        (await Should.ThrowAsync<CutoutException>(CutAsync(server))).Message.ShouldBe("Slowly.");
        _waits.ShouldBeEmpty();
    }

    [Fact]
    public async Task BadImage_IsNotAskedForTwice()
    {
        var server = new Script(Refusal(HttpStatusCode.UnprocessableEntity, "Its pixel data is damaged."));
        (await Should.ThrowAsync<CutoutException>(CutAsync(server))).Message.ShouldBe("Its pixel data is damaged.");
    }

    [Fact]
    public async Task AnswerOfAProxy_IsNamedByItsStatus()
    {
        var server = new Script(() => new(HttpStatusCode.BadGateway) { Content = new StringContent("<html>") });
        (await Should.ThrowAsync<CutoutException>(CutAsync(server))).Message.ShouldBe("The server answers 502.");
    }

    [Fact]
    public async Task Url_IsAParameter()
    {
        var server = new Script(Cutout());
        await CutAsync(server, url: "https://example.com/a b.jpg?x=1&y=2");
        server.Requests.ShouldBe(["/behind/v1/remove-background?image_url=https%3A%2F%2Fexample.com%2Fa%20b.jpg%3Fx%3D1%26y%3D2&format=webp"]);
    }

    private async Task<string> CutAsync(Script server, string? url = null)
    {
        using var http = new HttpClient(server) { BaseAddress = new("http://server/behind/") };
        var cutter = new ServerCutter(http, "v1/remove-background", new() { Format = OutputFormat.Webp }, TimeSpan.FromSeconds(60), _waits.Add, _time);
        var cutout = "";
        await cutter.CutAsync(url is null ? [1, 2, 3] : null, url, async answer => cutout = await new StreamReader(answer).ReadToEndAsync(), CancellationToken.None);
        return cutout;
    }

    private static Func<HttpResponseMessage> Cutout() => () => new(HttpStatusCode.OK) { Content = new StringContent("cutout") };

    private static Func<HttpResponseMessage> Refusal(HttpStatusCode status, string detail, int? retryAfter = null) => () =>
    {
        var answer = new HttpResponseMessage(status) { Content = new StringContent($$"""{"detail":"{{detail}}"}""", null, "application/problem+json") };
        if (retryAfter is { } seconds) answer.Headers.RetryAfter = new(TimeSpan.FromSeconds(seconds));
        return answer;
    };

    /// <summary>A server that gives these answers, one after the other.</summary>
    private sealed class Script(params Func<HttpResponseMessage>[] answers) : HttpMessageHandler
    {
        public List<string> Requests { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add(request.RequestUri!.PathAndQuery);
            return Task.FromResult(answers[Requests.Count - 1]());
        }
    }

    /// <summary>A clock by hand that says when somebody waits, and for how long.</summary>
    private sealed class WatchedTime : FakeTimeProvider
    {
        private readonly TaskCompletionSource<TimeSpan> _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<TimeSpan> Waiting => _waiting.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _waiting.TrySetResult(dueTime);
            return timer;
        }
    }
}
