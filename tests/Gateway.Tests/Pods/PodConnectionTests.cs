using System.Net;
using System.Net.Sockets;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Tests.Pods;

public class PodConnectionTests
{
    /// <summary>HttpClient alone throws a bare SocketException here, seldom and by chance; what sends to pods expects its own exceptions.</summary>
    [Fact]
    public async Task PodThatResetsANewConnection_IsAFailureToConnect()
    {
        using var pod = new TcpListener(IPAddress.Loopback, 0);
        pod.Start();
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(context.DnsEndPoint, cancellation);
                using (var accepted = await pod.AcceptSocketAsync(cancellation)) accepted.LingerState = new(enable: true, seconds: 0);
                socket.Poll(TimeSpan.FromSeconds(30), SelectMode.SelectRead).ShouldBeTrue("the reset comes");
                return PodConnection.Over(socket);
            },
        };
        using var http = new HttpClient(handler);
        var failure = await Should.ThrowAsync<HttpRequestException>(() => http.GetAsync(new Uri($"http://{pod.LocalEndpoint}/")));
        failure.HttpRequestError.ShouldBe(HttpRequestError.ConnectionError);
    }
}
